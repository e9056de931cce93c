import { appendFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { TestEnvironment } from 'jest-environment-node';
import { ownProcessorSeconds } from '../timeline/processor-time.ts';
import { type TestFileTime, timesVariable } from '../timeline/test-times.ts';
import { withPaths } from './marks.ts';

/** The part of jest-circus's events and state that is read here. */
interface TestEvent {
  readonly name: string;
  readonly test?: { readonly errors: readonly unknown[] };
}
interface TestState {
  readonly unhandledErrors: readonly unknown[];
}

/**
 * Jest's environment of Node. It notes how long a test file took and what it kept busy, where the runner asks for it,
 * and shows errors with paths as an editor takes them.
 */
export default class TimedEnvironment extends TestEnvironment {
  readonly #path: string;
  readonly #startedAt = Date.now();
  readonly #secondsBefore = ownProcessorSeconds();

  constructor(...args: ConstructorParameters<typeof TestEnvironment>) {
    super(...args);
    this.#path = relative(checkout, args[1].testPath);
  }

  handleTestEvent({ name, test }: TestEvent, { unhandledErrors }: TestState): void {
    if (name === 'test_done') withPaths(test?.errors);
    if (name === 'run_finish') withPaths(unhandledErrors);
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
