import { tail } from '@sightline/servers/log-file.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { shortPath } from '@sightline/settings/checkout.ts';
import { aligned, prefixed } from '@sightline/telemetry/terminal.ts';
import { visible } from '@sightline/telemetry/visible.ts';
import type { Component } from './component.ts';
import { portOf, type Settings } from './settings.ts';
import type { ComponentState, StackState } from './state.ts';

const logLines = 20;

/** Whether a component shall run and can't. */
export function isBad({ state }: ComponentState): boolean {
  return state === 'failed' || state === 'crashed';
}

/** The table of what runs, where, and why not. */
export function stateTable(components: readonly Component[], settings: Settings, state: StackState): string {
  const rows = components.map((component) => {
    const { state: condition, restarts, detail } = stateOf(state, component.name);
    return [
      component.name,
      condition,
      addressOf(component, settings),
      String(restarts),
      shortPath(pathsIn(settings.stackDirectory).log(component.name)),
      firstLine(detail) || component.summary,
    ];
  });
  return aligned([['COMPONENT', 'STATE', 'ADDRESS', 'RESTARTS', 'LOG', ''], ...rows]);
}

/** The recorded state of one component. Throws when the record has none: it was written by another checkout. */
export function stateOf(state: StackState, name: string): ComponentState {
  const found = state.components[name];
  if (found === undefined) {
    throw new Error(
      `The running stack knows no "${name}": it was started by another version. Run \`make down\` first.`,
    );
  }
  return found;
}

/** Why components are bad, each with the last lines of its log. */
export function troubleReport(names: readonly string[], settings: Settings, state: StackState): string {
  return names
    .map((name) => {
      const { state: condition, detail, startedAt } = stateOf(state, name);
      const head = `${name} ${condition}: ${visible(detail)}`;
      // What never started for another's sake has nothing to say in its log.
      return startedAt === null ? head : `${head}\n${logExcerpt(settings, name)}`;
    })
    .join('\n');
}

/** A reason for where there is one line: a report has the rest. */
export function firstLine(detail: string): string {
  return visible(detail.split('\n')[0] ?? '');
}

/** The last lines of a log, indented, under its path. */
export function logExcerpt(settings: Settings, name: string): string {
  const path = pathsIn(settings.stackDirectory).log(name);
  const { text } = tail(path, logLines);
  return text === ''
    ? `  (${shortPath(path)} is empty)`
    : `  last lines of ${shortPath(path)}:\n${prefixed(text, '    ')}`;
}

function addressOf(component: Component, settings: Settings): string {
  const [first] = component.ports;
  return component.address?.(settings) ?? (first ? `127.0.0.1:${portOf(settings, first.setting)}` : '');
}
