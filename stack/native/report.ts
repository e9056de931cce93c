import { relative } from 'node:path';
import { visible } from '../../app/src/telemetry/visible.ts';
import { prefixed } from '../../logging/terminal.ts';
import type { Component } from './component.ts';
import { tail } from './log-file.ts';
import { checkout, portOf, type Settings } from './settings.ts';
import { pathsIn } from './stack-directory.ts';
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

/** A table for a terminal: columns as wide as their widest cell. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
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

/** A path as people type it: relative to the checkout where it is inside. */
export function shortPath(path: string): string {
  return path.startsWith(`${checkout}/`) ? relative(checkout, path) : path;
}

function addressOf(component: Component, settings: Settings): string {
  const [first] = component.ports;
  return component.address?.(settings) ?? (first ? `127.0.0.1:${portOf(settings, first.setting)}` : '');
}
