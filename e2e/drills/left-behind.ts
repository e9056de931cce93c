/**
 * Whether a drill leaves the system as it found it: what drills change of it, and a fresh Prometheus and Alertmanager
 * do not mend.
 */
import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { prometheusConfigurationFolder } from '@sightline/stack/native/scrape-targets.ts';
import { readRunningState } from '@sightline/stack/native/state.ts';
import { fetchText } from '@sightline/testkit/prometheus.ts';
import pg from 'pg';
import { certificateOf } from './certificate.ts';
import { certificateFolder } from './components.ts';
import { memoryLimitFile } from './memory-limit.ts';
import { fillersIn } from './small-disk.ts';
import type { SystemUnderTest } from './system.ts';
import { proxiesUrl } from './toxiproxy.ts';

/** Findings, by what they are about. */
export type Found = ReadonlyMap<string, string>;

/** Time for everything that goes by itself, such as a session whose end PostgreSQL has yet to notice. */
const settleSeconds = 60;
const dayMs = 24 * 60 * 60_000;

const questions: Readonly<Record<string, (system: SystemUnderTest) => string | Promise<string>>> = {
  components: ({ settings }) =>
    Object.entries(readRunningState(settings.stackDirectory)?.components ?? {})
      .map(([name, { state }]) => `${name} ${state}`)
      .join(', '),

  'proxied connections': async ({ settings }) => (await fetchText(proxiesUrl(settings))).text,

  'faults of the API': async ({ addresses }) =>
    (await fetchText(`${addresses.METRICS_URL}/debug/faults`)).text,

  "Prometheus' targets": ({ settings }) => {
    const folder = join(prometheusConfigurationFolder(settings), 'targets');
    return readdirSync(folder)
      .sort()
      .map((file) => `${file} ${readFileSync(join(folder, file), 'utf8')}`)
      .join('');
  },

  databases: ({ databaseUrl }) =>
    answerOf(databaseUrl, "select string_agg(datname, ', ' order by datname) from pg_database"),

  'sessions of drills': ({ databaseUrl }) =>
    answerOf(databaseUrl, "select count(*) from pg_stat_activity where application_name = 'drill'"),

  'days of the certificate': ({ settings }) => {
    const { certificate } = certificateOf(certificateFolder(settings));
    if (!existsSync(certificate)) return 'none';
    const { validToDate } = new X509Certificate(readFileSync(certificate));
    return String(Math.round((validToDate.getTime() - Date.now()) / dayMs));
  },

  'memory limit': ({ settings }) => String(existsSync(memoryLimitFile(settings))),

  'files that fill the small disk': ({ settings }) => fillersIn(settings).join(', '),
};

async function answerOf(connectionString: string, query: string): Promise<string> {
  const connection = new pg.Client({ connectionString });
  await connection.connect();
  try {
    const { rows } = await connection.query<[unknown]>({ text: query, rowMode: 'array' });
    return String(rows[0]?.[0]);
  } finally {
    await connection.end();
  }
}

/** Looks at what there is now. That a question has no answer is a finding, too. */
export async function look(system: SystemUnderTest): Promise<Found> {
  const found = Object.entries(questions).map(async ([about, ask]): Promise<[string, string]> => {
    const answer = await Promise.resolve(system)
      .then(ask)
      .catch((error: Error) => error.message);
    return [about, answer];
  });
  return new Map(await Promise.all(found));
}

/** Sentences about what is not as before. */
export const differences = (before: Found, now: Found): string[] =>
  [...now]
    .filter(([about, answer]) => before.get(about) !== answer)
    .map(([about, answer]) => `It leaves ${about} changed: ${before.get(about)} before, ${answer} now.`);

/** The same once everything has had the time to settle. */
export async function leftBehind(system: SystemUnderTest, before: Found): Promise<string[]> {
  let left: string[] = [];
  await system.comes(async () => {
    left = differences(before, await look(system));
    return left.length === 0 || undefined;
  }, settleSeconds);
  return left;
}
