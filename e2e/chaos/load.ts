import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runLoad } from '@sightline/loadtest/run.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import type { SystemUnderTest } from '../drills/system.ts';
import { readLedger } from './ledger.ts';

/** k6 that writes todos, and its ledger of them. Disposing of it stops it. */
export interface LedgerLoad extends AsyncDisposable {
  readonly ledger: string;
  stop(): Promise<void>;
}

/** Journeys that begin a second, of some three requests each. */
const journeysPerSecond = 4;
/** Goes on when the last fault takes longer than planned; whoever needs it no longer stops it. */
const overtimeSeconds = 600;
const startSeconds = 60;

/**
 * Begins, and waits until the first todo has lived its life.
 * @param seconds that it is planned for
 * @throws what k6 says when it ends before that
 */
export async function startLedgerLoad(system: SystemUnderTest, seconds: number): Promise<LedgerLoad> {
  const { stackDirectory } = system.settings;
  const ledger = join(stackDirectory, 'ledger.ndjson');
  const end = new AbortController();
  let over: string | undefined;
  const running = runLoad({
    profile: 'ledger',
    script: join(checkout, 'loadtest/ledger/bookkeeper.ts'),
    consoleFile: ledger,
    target: system.addresses.API_URL,
    ownAddresses: true,
    directory: join(stackDirectory, 'load'),
    testId: 'chaos',
    rate: journeysPerSecond,
    seconds: Math.ceil(Math.max(0, seconds) + overtimeSeconds),
    signal: AbortSignal.any([system.signal, end.signal]),
  }).then(
    ({ code, output }) => {
      over = `k6 ended with ${code}:\n${output.trim()}`;
    },
    (error: Error) => {
      over = error.message;
    },
  );
  const stop = async () => {
    end.abort();
    await running;
  };
  const writes = () => {
    if (over !== undefined) throw new Error(over);
    return existsSync(ledger) && readLedger(ledger).some(({ closed }) => closed);
  };
  try {
    await system.until(writes, startSeconds, 'The load wrote nothing');
  } catch (error) {
    await stop();
    throw error;
  }
  return { ledger, stop, [Symbol.asyncDispose]: stop };
}
