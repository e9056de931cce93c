/** `Q='http.request.id:…' [SINCE=15m] [LIMIT=100] [JSON=1] node logging/search/search.ts` prints the lines that match. */
import { visible } from '@sightline/telemetry/visible.ts';
import { connect } from '../elasticsearch/connection.ts';
import { type Line, readable } from './line.ts';
import { latestLines } from './query.ts';
import { limitIn, sinceIn } from './settings.ts';

try {
  const lucene = process.env['Q'] ?? '';
  if (lucene === '')
    throw new Error(
      "Q is what to search for, in Lucene's syntax: make search Q='http.request.id:…', or Q='log.level:error' SINCE=1h.",
    );
  const limit = limitIn(process.env);
  const lines = await latestLines(connect(process.env), { lucene, since: sinceIn(process.env) }, limit);
  const shown = process.env['JSON'] === '1' ? (line: Line) => visible(JSON.stringify(line)) : readable;
  for (const line of lines) console.log(shown(line));
  if (lines.length === 0) console.error(`No line matches ${lucene}.`);
  if (lines.length === limit) console.error(`These are the last ${limit}; LIMIT=${limit * 10} shows more.`);
} catch (error) {
  console.error(visible(error instanceof Error ? error.message : String(error)));
  process.exitCode = 1;
}
