import { setTimeout as pause } from 'node:timers/promises';
import { readFrom, tail } from '@sightline/servers/log-file.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { prefixed } from '@sightline/telemetry/terminal.ts';
import type { Component } from './component.ts';
import type { Settings } from './settings.ts';

const firstLines = 20;
const pollMilliseconds = 200;

/** Prints the last lines of logs, and with `follow` what is added, until `stop` aborts. Several get a name prefix. */
export async function printLogs(
  components: readonly Component[],
  settings: Settings,
  follow: boolean,
  stop: AbortSignal,
): Promise<void> {
  const width = Math.max(...components.map(({ name }) => name.length));
  const prefix = (name: string) => (components.length === 1 ? '' : `${name.padEnd(width)} | `);
  const logs = components.map(({ name }) => {
    const path = pathsIn(settings.stackDirectory).log(name);
    const { text, end } = tail(path, firstLines);
    if (text !== '') console.log(prefixed(text, prefix(name)));
    return { name, path, end };
  });
  while (follow && !stop.aborted) {
    for (const log of logs) {
      const { text, end } = readFrom(log.path, log.end);
      log.end = end;
      if (text !== '') console.log(prefixed(text.trimEnd(), prefix(log.name)));
    }
    await pause(pollMilliseconds, undefined, { signal: stop }).catch(() => {});
  }
}
