import { appendFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { TestEnvironment } from 'jest-environment-node';
import { ownProcessorSeconds } from './processor-time.ts';
import { type TestFileTime, timesVariable } from './test-times.ts';

/** Jest's environment of Node, which notes how long a test file took and what it kept busy, where the runner asks for it. */
export default class TimedEnvironment extends TestEnvironment {
  readonly #path: string;
  readonly #startedAt = Date.now();
  readonly #secondsBefore = ownProcessorSeconds();

  constructor(...args: ConstructorParameters<typeof TestEnvironment>) {
    super(...args);
    this.#path = relative(checkout, args[1].testPath);
  }

  override async teardown(): Promise<void> {
    await super.teardown();
    const folder = process.env[timesVariable];
    if (folder === undefined) return;
    const time: TestFileTime = {
      path: this.#path,
      startedAt: this.#startedAt,
      endedAt: Date.now(),
      processorSeconds: ownProcessorSeconds() - this.#secondsBefore,
    };
    appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(time)}\n`);
  }
}
