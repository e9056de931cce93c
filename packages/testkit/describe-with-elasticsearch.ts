import { afterAll, beforeAll, describe } from '@jest/globals';
import {
  elasticsearchStartMs,
  missingElasticsearch,
  startElasticsearch,
  type TestElasticsearch,
} from './elasticsearch.ts';

/**
 * A `describe` with a real, empty Elasticsearch of its own; where there can be none it is skipped, and its name says
 * why. The server may be used in tests and hooks.
 */
export function describeWithElasticsearch(
  name: string,
  tests: (elasticsearch: TestElasticsearch) => void,
): void {
  if (missingElasticsearch !== undefined) {
    // Jest wants to know the tests it skips; none of them runs.
    describe.skip(`${name} (skipped: ${missingElasticsearch})`, () => tests(whenStarted(() => undefined)));
    return;
  }
  describe(name, () => {
    let running: TestElasticsearch | undefined;
    beforeAll(async () => {
      running = await startElasticsearch();
    }, elasticsearchStartMs);
    afterAll(() => running?.stop());
    tests(whenStarted(() => running));
  });
}

function whenStarted(running: () => TestElasticsearch | undefined): TestElasticsearch {
  const server = () => {
    const started = running();
    if (started === undefined) throw new Error('Elasticsearch is there in tests and hooks only.');
    return started;
  };
  return {
    get url() {
      return server().url;
    },
    output: () => server().output(),
    pause: () => server().pause(),
    resume: () => server().resume(),
    kill: () => server().kill(),
    start: () => server().start(),
    stop: () => server().stop(),
  };
}
