/** `[FILE=api.log.1,api.log | SINCE=1h] node logging/search/gaps.ts` reports missing lines; it fails when there is one. */
import { open } from 'node:fs/promises';
import { optional, text } from '@sightline/settings/kinds.ts';
import { readSettings } from '@sightline/settings/setting.ts';
import { linesOf } from '@sightline/telemetry/lines.ts';
import { visible, visibleInLine } from '@sightline/telemetry/visible.ts';
import { connect, retention } from '../elasticsearch/connection.ts';
import { everyLine } from './query.ts';
import { type Boot, Sequences } from './sequences.ts';
import { milliseconds, since } from './settings.ts';

async function fromFiles(paths: readonly string[]): Promise<Sequences> {
  const sequences = new Sequences();
  for (const path of paths) {
    try {
      const input = (await open(path)).createReadStream();
      for await (const line of linesOf(input)) if (line !== '') sequences.add(idIn(line));
    } catch (error) {
      throw new Error(`FILE: ${path} can't be read: ${(error as Error).message}`, { cause: error });
    }
  }
  return sequences;
}

function idIn(line: string): unknown {
  try {
    return (JSON.parse(line) as Record<string, unknown> | null)?.['event.id'];
  } catch {
    // What the process printed otherwise has no number.
    return undefined;
  }
}

async function fromElasticsearch(since: string | undefined): Promise<Sequences> {
  const sequences = new Sequences();
  const query = { lucene: '_exists_:event.id', since };
  // The id last: two processes have the same number, no two lines the same id.
  for await (const line of everyLine(connect(process.env), query, ['event.sequence', 'event.id']))
    sequences.add(line['event.id']);
  return sequences;
}

const missing = (boot: Boot) => boot.gaps.reduce((sum, { first, last }) => sum + last - first + 1, 0);

function describe(boot: Boot): string {
  const ranges = boot.gaps
    .slice(0, 10)
    .map(({ first, last }) => (first === last ? String(first) : `${first}–${last}`));
  const more = boot.gaps.length > 10 ? ` and ${boot.gaps.length - 10} more gaps` : '';
  const repeated = boot.repeated === 0 ? '' : `, ${boot.repeated} more than once`;
  const gaps = boot.gaps.length === 0 ? 'no gap' : `MISSING ${missing(boot)}: ${ranges.join(', ')}${more}`;
  return `${boot.bootId}  ${boot.lines} lines${repeated}  ${gaps}`;
}

try {
  const settings = { FILE: optional(text('paths of files')), SINCE: since, LOG_RETENTION: retention };
  const { FILE: file, SINCE: from, LOG_RETENTION: kept } = readSettings(settings, process.env);
  const sequences = file ? await fromFiles(file.split(',')) : await fromElasticsearch(from);
  const boots = sequences.boots(file ? 0 : Date.now() - milliseconds(from ?? kept));
  for (const boot of boots) console.log(visibleInLine(describe(boot)));
  if (sequences.foreign > 0) console.log(`${sequences.foreign} lines without an event.id were left aside.`);
  const lost = boots.reduce((sum, boot) => sum + missing(boot), 0);
  console.log(`${lost} lines are missing in ${boots.length} sequences (one for each start of a process).`);
  if (lost > 0 || boots.some(({ repeated }) => repeated > 0)) process.exitCode = 1;
} catch (error) {
  console.error(visible(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
