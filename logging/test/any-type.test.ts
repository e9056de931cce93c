import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { logFields } from '@sightline/contract/signals.ts';
import { describeWithElasticsearch } from '@sightline/testkit/describe-with-elasticsearch.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startReplay, startShipper } from '../bench/shipper-process.ts';
import { applyTemplates } from '../elasticsearch/apply.ts';
import { connect, dataStream, defaultRetention } from '../elasticsearch/connection.ts';
import { deadLettersIn } from '../shipper/dead-letters.ts';
import { parseLogstash } from './support/logstash-configuration.ts';
import { fromFilebeat, missingRuby, runFilters } from './support/logstash-filters.ts';
import { strangeNames, typedMembers } from './support/typed-lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'sightline-any-type-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Lines with any type in any field of the contract; the id is the line's own unless it is what is tried. */
const linesOf = (boot: string): string[] =>
  typedMembers([...Object.keys(logFields), ...strangeNames]).map(
    (members, index) => `{"@timestamp":"2026-01-01T00:00:00Z","event.id":"${boot}-${index + 1}",${members}}`,
  );
const pipeline = (name: string) =>
  parseLogstash(readFileSync(resolve(import.meta.dirname, `../logstash/pipeline/${name}.conf`), 'utf8'));

describeWithElasticsearch('Any type in any field, on the way to a real Elasticsearch,', (elasticsearch) => {
  const connection = () => connect({ ELASTICSEARCH_URL: elasticsearch.url });

  beforeAll(async () => {
    await applyTemplates(connection(), { retention: defaultRetention, say: () => {} });
  });

  test('blocks nothing in the shipper: what is refused is a dead letter, and all of these can be replayed', async () => {
    const lines = linesOf('shipped');
    const file = join(folder, 'api.log');
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
    const environment = {
      ELASTICSEARCH_URL: elasticsearch.url,
      SHIPPER_FILES: file,
      SHIPPER_STATE_DIRECTORY: join(folder, 'state'),
    };
    const shipper = await startShipper(environment);
    const outcome = async (name: string) =>
      (await shipper.metrics()).get(`log_shipper_lines_total{outcome="${name}"}`) ?? 0;
    const total = async () =>
      (await outcome('shipped')) + (await outcome('duplicate')) + (await outcome('dead_lettered'));
    await eventually(async () => (await total()) === lines.length, 120_000);
    const [letters, duplicates] = [await outcome('dead_lettered'), await outcome('duplicate')];
    shipper.child.kill('SIGTERM');
    expect(await shipper.ended).toBe(0);
    expect(letters).toBeGreaterThan(100);
    const said = await startReplay({ ...environment, AS_TEXT: '1' }).ended;
    // Lines of one id are one document.
    const [, replayed = ''] = /Replayed (\d+) dead letters; \1 of them as messages/.exec(said) ?? [said];
    expect(() => readFileSync(deadLettersIn(environment.SHIPPER_STATE_DIRECTORY))).toThrow('ENOENT');
    await connection().client.indices.refresh({ index: dataStream });
    const { count } = await connection().client.count({ index: dataStream });
    expect(count).toBe(lines.length - duplicates - letters + Number(replayed));
    console.info(`${lines.length} lines, ${letters} of them refused at first.`);
  });

  (missingRuby === undefined ? test : test.skip)(
    `is taken from Logstash's pipelines, at the latest as a text${missingRuby === undefined ? '' : ` (skipped: ${missingRuby})`}`,
    async () => {
      const filtered = runFilters(
        pipeline('logs'),
        linesOf('filtered').map((line, index) => fromFilebeat(line, index)),
      );
      const documents = filtered.map((each) => {
        if ('raised' in each) throw new Error(each.raised);
        return each;
      });
      const create = async (all: readonly { id: string; document: Readonly<Record<string, unknown>> }[]) => {
        const { items } = await connection().client.bulk({
          index: dataStream,
          require_data_stream: true,
          operations: all.flatMap(({ id, document }) => [{ create: { _id: id } }, document]),
        });
        return all.map((each, index) => ({ ...each, ...items[index]?.create }));
      };
      const first = await create(documents);
      // Those that Logstash neither counts as delivered nor gives to its dead-letter queue it would send for ever.
      expect(first.filter(({ status = 0 }) => ![201, 400, 409].includes(status))).toEqual([]);
      const refused = first.filter(({ status }) => status === 400);
      expect(refused.length).toBeGreaterThan(100);
      const letters = runFilters(
        pipeline('dead-letters'),
        refused.map(({ document, error }) => ({
          ...document,
          '@metadata': { dead_letter_queue: { reason: JSON.stringify(error) } },
        })),
      );
      const texts = letters.flatMap((each) => ('raised' in each ? [] : [each]));
      const second = await create(texts);
      expect(second).toHaveLength(refused.length);
      expect(second.filter(({ status }) => status !== 201).slice(0, 3)).toEqual([]);
    },
  );
});
