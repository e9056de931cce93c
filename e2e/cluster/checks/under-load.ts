import { setTimeout as pause } from 'node:timers/promises';
import type { Account } from '@sightline/loadtest/accounts.ts';
import { CheckFailed } from '@sightline/testkit/check.ts';
import type { ClusterContext } from '../check.ts';
import { startLoad } from '../load.ts';

/** Requests come for so long before a change, and after it: a kube-proxy that is late is seen. */
const calmMs = 3000;
/** The number of failures that a message lists. */
const shown = 5;

/** Makes a change while requests of these accounts come. Returns what it says, and how many requests were answered. */
export async function underLoad(
  { apiUrl }: ClusterContext,
  accounts: readonly Account[],
  change: () => Promise<string>,
): Promise<string> {
  const load = startLoad(apiUrl, accounts);
  let said: string;
  try {
    await pause(calmMs);
    said = await change();
    await pause(calmMs);
  } finally {
    await load.stop();
  }
  const { answered, failures } = load.counts();
  if (failures.length > 0)
    throw new CheckFailed([
      `${failures.length} of ${answered + failures.length} requests failed, and none may; the first of them:`,
      ...failures.slice(0, shown),
    ]);
  if (answered === 0) throw new CheckFailed(['No request was made, so nothing was shown.']);
  return `${said}; ${answered} requests meanwhile, none failed`;
}
