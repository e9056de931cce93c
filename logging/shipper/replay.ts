/**
 * Ships the dead letters again: `node logging/shipper/replay.ts`, with the settings of the shipper, which may go on
 * meanwhile. What is refused again is a dead letter again; with AS_TEXT=1 it is shipped as the message of a line that
 * Elasticsearch takes. Interrupted, it goes on the next time.
 */

import { createMetricsOf } from '@sightline/telemetry/metrics.ts';
import { visible } from '@sightline/telemetry/visible.ts';
import {
  addDeadLetters,
  claimDeadLetters,
  type DeadLetter,
  deadLettersIn,
  keepUnreadable,
  readDeadLetters,
  removeDeadLetters,
} from './dead-letters.ts';
import { Delivery } from './delivery.ts';
import { asText, type Document } from './document.ts';
import { connectElasticsearch } from './elasticsearch.ts';
import { reasonOf, sayTo } from './say.ts';
import { readShipperSettings, storeSettings } from './settings.ts';

const batchLines = 500;
const batchBytes = 8 * 1024 * 1024;
const never = new AbortController().signal;

try {
  await replay();
} catch (error) {
  console.error(visible(reasonOf(error)));
  process.exitCode = 1;
}

async function replay(): Promise<void> {
  // It follows no file, so that nobody has to say which.
  const settings = readShipperSettings({ ...process.env, SHIPPER_FILES: 'none' });
  const asMessages = process.env['AS_TEXT'] === '1';
  const path = deadLettersIn(settings.SHIPPER_STATE_DIRECTORY);
  const claimed = await claimDeadLetters(path);
  if (claimed === undefined) {
    console.log(`There are no dead letters: ${path} does not exist.`);
    return;
  }
  const store = connectElasticsearch(storeSettings(settings));
  const common = {
    store,
    metrics: createMetricsOf('log-shipper', 'prometheus'),
    say: sayTo((line) => process.stderr.write(line)),
    longestPauseMs: settings.SHIPPER_RETRY_MS,
  };
  let refused: readonly DeadLetter[] = [];
  const bury = (letters: readonly DeadLetter[]) => addDeadLetters(path, letters);
  const asTheyAre = new Delivery({
    ...common,
    bury: async (letters) => {
      refused = [...refused, ...letters];
      // Else they are about to be shipped in another form.
      if (!asMessages) await bury(letters);
    },
  });
  const asMessage = new Delivery({ ...common, bury });
  const counts = { replayed: 0, refused: 0 };

  async function ship(documents: readonly Document[]): Promise<void> {
    refused = [];
    // Any of them may have been shipped by a replay that was interrupted.
    await asTheyAre.deliver(documents, true, never);
    if (asMessages && refused.length > 0) {
      const texts = refused.map(({ id, line, reason }) => asText({ id, body: line }, reason));
      await asMessage.deliver(texts, true, never);
    }
    counts.replayed += documents.length;
    counts.refused += refused.length;
  }

  let documents: Document[] = [];
  let bytes = 0;
  const unreadable: string[] = [];
  for await (const { id, line, time } of readDeadLetters(claimed, (text) => unreadable.push(text))) {
    documents.push({ id, body: line, time });
    bytes += Buffer.byteLength(line);
    if (documents.length < batchLines && bytes < batchBytes) continue;
    await ship(documents);
    documents = [];
    bytes = 0;
  }
  await ship(documents);
  if (unreadable.length > 0)
    console.log(
      `${unreadable.length} lines are no dead letters, and are kept in ${await keepUnreadable(path, unreadable)}.`,
    );
  await removeDeadLetters(claimed);
  await store.close();
  const rest = asMessages
    ? `${counts.refused} of them as messages, since they were refused again.`
    : `${counts.refused} were refused again and are dead letters as before${
        counts.refused > 0 ? '; AS_TEXT=1 ships what they say as messages' : ''
      }.`;
  console.log(`Replayed ${counts.replayed} dead letters; ${rest}`);
}
