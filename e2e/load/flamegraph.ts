/**
 * `make flamegraph`: a CPU profile, as it is and drawn, in the stack's folder, and the functions that took the most.
 * Of a running process where MANAGEMENT_URL says so, without putting load on it; else of an API of its own, on a
 * database of the tests and under load. SECONDS (10) is how long.
 */

import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CpuProfile } from '@sightline/app/src/management/cpu-profile.ts';
import { callTree, functionsBySelfTime } from '@sightline/loadtest/bench/micro/call-tree.ts';
import { flameGraph } from '@sightline/loadtest/bench/micro/flamegraph.ts';
import { startTodoLoad } from '@sightline/loadtest/bench/micro/todo-load.ts';
import { ensureStackDirectory } from '@sightline/servers/stack-directory.ts';
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { table } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProcess } from '@sightline/testkit/process.ts';

const connections = 16;
/** Until V8 has compiled what runs often. */
const warmUpMs = 3000;
const shownFunctions = 10;

/** @throws Error with a sentence when the management server gives no profile */
async function fetchProfile(managementUrl: string, seconds: number): Promise<CpuProfile> {
  const url = new URL(`/debug/cpu-profile?seconds=${seconds}`, managementUrl);
  const answer = await fetch(url, { method: 'POST' }).catch((error: Error) => {
    const reason = error.cause instanceof Error ? error.cause.message : error.message;
    throw new Error(`No management server answers at ${url.origin} (${reason}).`);
  });
  if (answer.ok) return (await answer.json()) as CpuProfile;
  const { detail } = (await answer.json().catch(() => ({}))) as { detail?: string };
  throw new Error(`${url.origin} gives no profile: ${detail ?? `it answers ${answer.status}`}`);
}

async function profileUnderLoad(seconds: number): Promise<CpuProfile> {
  const database = await createTestDatabase();
  try {
    const environment = {
      DATABASE_URL: database.url,
      PROFILING: 'on',
      ...{ RATE_LIMIT_IP: '0', RATE_LIMIT_USER: '0', RATE_LIMIT_SESSIONS: '0' },
    };
    const migration = startProcess('database/migrate.ts', environment);
    if ((await migration.ended) !== 0) throw new Error(`The migration failed: ${migration.output()}`);
    const api = await startApiProcess(environment);
    try {
      await eventually(async () => (await fetch(`${api.url}/health/ready`)).ok);
      const load = await startTodoLoad(api.url, { connections });
      await delay(warmUpMs);
      return await fetchProfile(api.managementUrl, seconds).finally(() => load.stop());
    } finally {
      api.child.kill('SIGTERM');
      await api.ended;
    }
  } finally {
    await database.drop();
  }
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (!/^\d{1,2}$/.test(text) || seconds < 1 || seconds > 60)
    throw new Error(`SECONDS is "${text}"; it takes an integer from 1 to 60.`);
  return seconds;
}

async function main({ SECONDS, MANAGEMENT_URL, ...environment }: NodeJS.ProcessEnv): Promise<void> {
  const seconds = secondsOf(SECONDS || '10');
  if (MANAGEMENT_URL && !URL.canParse(MANAGEMENT_URL))
    throw new Error(`MANAGEMENT_URL is "${MANAGEMENT_URL}"; it takes an address as http://127.0.0.1:9464.`);
  const { stackDirectory } = readSettings(table.components, environment);
  ensureStackDirectory(stackDirectory);
  const profile = MANAGEMENT_URL
    ? await fetchProfile(MANAGEMENT_URL, seconds)
    : await profileUnderLoad(seconds);
  const tree = callTree(profile);
  const under = MANAGEMENT_URL
    ? `as it runs at ${new URL(MANAGEMENT_URL).origin}`
    : `under load: reads, lists, a search, a creation and a change by turns, on ${connections} connections`;
  const files = {
    'profile.cpuprofile': JSON.stringify(profile),
    'flamegraph.svg': flameGraph(tree, `The todo API for ${seconds} s, ${under}`),
  };
  console.log(`The ${shownFunctions} functions that took the most themselves, of the time not idle:`);
  for (const { name, place, self } of functionsBySelfTime(tree).slice(0, shownFunctions))
    console.log(`${((100 * self) / tree.root.total).toFixed(1).padStart(6)} %  ${name}  ${place}`.trimEnd());
  for (const [name, text] of Object.entries(files)) {
    const path = join(stackDirectory, name);
    writeFileSync(path, text);
    console.log(`Written: ${relative(process.cwd(), path)}`);
  }
}

// Through `exit`, so that the API that was started here ends too.
onInterrupt((signal) => process.exit(exitCodeOf(signal)));
try {
  await main(process.env);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
