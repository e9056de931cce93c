/** A line that Elasticsearch refuses: what becomes of it, and of those behind it. */
import { appendFileSync, existsSync } from 'node:fs';
import { type Connection, dataStream } from '@sightline/logging/elasticsearch/connection.ts';
import { type DeadLetter, deadLettersIn, readDeadLetters } from '@sightline/logging/shipper/dead-letters.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { line } from '@sightline/testkit/log-lines.ts';
import type { OwnStack } from '../own-stack.ts';
import type { Notifications } from './notifications.ts';
import { shipperStateOf } from './shipper-under-fire.ts';

const patienceSeconds = 900;
const boot = 'poison';
const id = `${boot}-1`;
const field = 'http.response.status_code';
const value = 'two hundred';
const labels = { outcome: 'dead_lettered' };

/** Throws a sentence when it blocks another line, fires no alert, or is not searchable after its replay. */
export async function provePoisonLine(
  stack: OwnStack,
  connection: Connection,
  notifications: Notifications,
): Promise<void> {
  const isSearchable = async (lucene: string) => {
    const { count } = await connection.client.count({ index: dataStream, q: lucene });
    return count > 0;
  };
  // Into the file that the API writes to, so that its next lines are behind it.
  appendFileSync(pathsIn(stack.directory).log('api'), line(boot, 1, { [field]: value }));
  const api = `http://127.0.0.1:${stack.port('API_PORT')}`;
  await fetch(`${api}/v1/todos`, { headers: { 'X-Request-Id': 'behind-the-poison' } });
  await waitFor(
    () => isSearchable('http.request.id:"behind-the-poison"'),
    patienceSeconds,
    'A line behind one that Elasticsearch refuses was not searchable',
  );
  await notifications.await('LogDeadLetters', 'firing', patienceSeconds, labels);

  const stateDirectory = shipperStateOf(stack.directory);
  const file = deadLettersIn(stateDirectory);
  const letters: DeadLetter[] = [];
  for await (const letter of readDeadLetters(file, () => {})) letters.push(letter);
  const letter = letters.find((each) => each.id === id);
  if (letters.length !== 1 || !letter?.reason.includes(field) || !letter.line.includes(value))
    throw new Error(
      `${file} should hold the line ${id} and why it was refused, and holds ${JSON.stringify(letters)}.`,
    );
  if (await isSearchable(`event.id:"${id}"`))
    throw new Error(`The line ${id} is in Elasticsearch, which should have refused it.`);
  const settings = {
    ELASTICSEARCH_URL: connection.url,
    SHIPPER_STATE_DIRECTORY: stateDirectory,
    AS_TEXT: '1',
  };
  if (!(await stack.runWith(settings, 'logging/shipper/replay.ts')))
    throw new Error('Replaying the dead letters failed.');
  if (existsSync(file)) throw new Error(`${file} is still there after its replay.`);
  await waitFor(
    () => isSearchable(`event.id:"${id}" AND message:"${value}" AND error.message:"${field}"`),
    patienceSeconds,
    'The line that Elasticsearch refused was not searchable after its replay',
  );
  await notifications.await('LogDeadLetters', 'resolved', patienceSeconds, labels);
}
