/** `Q='http.request.id:…' [SINCE=15m] [LIMIT=100] [JSON=1] node logging/search/search.ts` prints the lines that match. */
import { optional, text } from '@sightline/settings/kinds.ts';
import { readSettings } from '@sightline/settings/setting.ts';
import { visible } from '@sightline/telemetry/visible.ts';
import { connect } from '../elasticsearch/connection.ts';
import { type Line, readable } from './line.ts';
import { latestLines } from './query.ts';
import { limit, since } from './settings.ts';

try {
  const given = readSettings({ Q: optional(text('a query')), SINCE: since, LIMIT: limit }, process.env);
  const { Q: lucene, LIMIT: max } = given;
  if (lucene === undefined)
    throw new Error(
      "Q is what to search for, in Lucene's syntax: make search Q='http.request.id:…', or Q='log.level:error' SINCE=1h.",
    );
  const lines = await latestLines(connect(process.env), { lucene, since: given.SINCE }, max);
  const shown = process.env['JSON'] === '1' ? (line: Line) => visible(JSON.stringify(line)) : readable;
  for (const line of lines) console.log(shown(line));
  if (lines.length === 0) console.error(`No line matches ${lucene}.`);
  if (lines.length === max) console.error(`These are the last ${max}; LIMIT=${max * 10} shows more.`);
} catch (error) {
  console.error(visible(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
