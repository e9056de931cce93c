import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { type ShipperProcess, startShipper } from '../../bench/shipper-process.ts';
import { type FakeElasticsearch, startFakeElasticsearch } from './fake-elasticsearch.ts';

/** The world that each test of the calling file has to itself. */
export interface ShipperTest {
  /** Everything of the test is in it. */
  readonly folder: string;
  readonly elasticsearch: FakeElasticsearch;
  /** The file that is shipped. */
  log(): string;
  /** Starts a shipper of this file to this Elasticsearch; the test's end kills it. */
  start(environment?: Readonly<Record<string, string>>): Promise<ShipperProcess>;
  /** Ids of the documents, in the order in which they came. */
  ids(): string[];
  /** Waits until so many documents have arrived. */
  arrived(count: number): Promise<void>;
  /** Starts Elasticsearch again after it was closed, at its address and empty. */
  restartElasticsearch(): Promise<void>;
}

/** The ids of a boot's lines. */
export const idsOf = (boot: string, last: number): string[] =>
  Array.from({ length: last }, (_, index) => `${boot}-${index + 1}`);

/** @param settings of each shipper, unless its start has others */
export function shipperTest(settings: Readonly<Record<string, string>> = {}): ShipperTest {
  let folder: string;
  let elasticsearch: FakeElasticsearch;
  let shippers: ShipperProcess[];
  const log = () => join(folder, 'api.log');

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-shipper-'));
    elasticsearch = await startFakeElasticsearch();
    shippers = [];
  });
  afterEach(async () => {
    for (const { child, ended } of shippers) {
      child.kill('SIGKILL');
      await ended;
    }
    await elasticsearch.close();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    get folder() {
      return folder;
    },
    get elasticsearch() {
      return elasticsearch;
    },
    log,
    async start(environment = {}) {
      const shipper = await startShipper({
        ELASTICSEARCH_URL: elasticsearch.url,
        SHIPPER_FILES: log(),
        SHIPPER_STATE_DIRECTORY: join(folder, 'state'),
        SHIPPER_POLL_MS: '20',
        SHIPPER_BATCH_AGE_MS: '20',
        ...settings,
        ...environment,
      });
      shippers.push(shipper);
      return shipper;
    },
    ids: () => elasticsearch.documents.map(({ id }) => id),
    arrived: (count) => eventually(() => elasticsearch.documents.length >= count),
    async restartElasticsearch() {
      elasticsearch = await startFakeElasticsearch(Number(new URL(elasticsearch.url).port));
    },
  };
}
