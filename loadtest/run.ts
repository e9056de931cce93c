import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '@sightline/tools/tools.ts';
import type { LoadSummary } from './k6/summary.ts';

const profilesFolder = join(import.meta.dirname, 'profiles');

export const profiles: readonly string[] = readdirSync(profilesFolder)
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

export interface Load {
  /** A name of `profiles`. */
  readonly profile: string;
  /** Address of the API. */
  readonly target: string;
  /** Where the results go: `<profile>.json`, `.xml` (JUnit) and `.html`. */
  readonly directory: string;
  readonly testId: string;
  /** Seconds that journeys begin for, in place of the profile's own. */
  readonly seconds?: number | undefined;
  /** Journeys a second at the highest, in place of the profile's own. */
  readonly rate?: number | undefined;
  /**
   * Whether each user comes, by X-Forwarded-For, from an address of its own: for a stack of this machine, which believes
   * it. To any other nothing is sent that it could take for a forgery.
   */
  readonly ownAddresses?: boolean;
  /** Prometheus that takes k6's metrics by remote write. */
  readonly prometheusUrl?: string | undefined;
  /** Whether k6 shows its progress; its output is collected otherwise. */
  readonly shows?: boolean;
  /** Ends the run early, users erased, when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Takes lines of progress of building k6. */
  readonly say?: (line: string) => void;
  /** A script in place of the profile's own. */
  readonly script?: string;
  /** A file that takes what the script writes on its console, as it is. */
  readonly consoleFile?: string;
}

export interface LoadResult {
  /** k6's exit code, or the signal that ended it. 99: a threshold was crossed. */
  readonly code: number | string;
  /** Not there when k6 ended before it summed up. */
  readonly summary: LoadSummary | undefined;
  /** stdout and stderr; empty when it was shown. */
  readonly output: string;
}

/** Exit code of k6 when a threshold is crossed. */
export const thresholdsCrossed = 99;

/** Runs a profile to its end. Throws `MissingTool` where there is no k6. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const { profile, directory, prometheusUrl, shows = false, signal, say, consoleFile } = load;
  const k6 = await tool('k6', { ...(signal && { signal }), ...(say && { say }) });
  mkdirSync(directory, { recursive: true });
  const json = join(directory, `${profile}.json`);
  rmSync(json, { force: true });
  const outputs = prometheusUrl === undefined ? [] : ['--out', 'experimental-prometheus-rw'];
  const lines = consoleFile === undefined ? [] : ['--console-output', consoleFile, '--log-format', 'raw'];
  const args = ['run', '--address', '', ...(shows ? [] : ['--quiet', '--no-color']), ...outputs, ...lines];
  const child = spawn(k6, [...args, load.script ?? join(profilesFolder, `${profile}.ts`)], {
    // Nothing of the caller's own environment: k6 hands all of it to the scripts.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environmentOf(load) },
    stdio: shows ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    // Ctrl-C is for the caller: a second signal would end k6 before its users are erased.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  // k6 then ends the journeys, erases its users, and sums up.
  const interrupt = () => child.kill('SIGINT');
  signal?.addEventListener('abort', interrupt, { once: true });
  if (signal?.aborted) interrupt();
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit, killedBy) => resolve(exit ?? killedBy ?? 'nothing'));
    });
    return { code, summary: readSummary(json), output };
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

function environmentOf(load: Load) {
  const { profile, target, directory, testId, seconds, rate, ownAddresses, prometheusUrl } = load;
  return {
    TARGET: target.replace(/\/$/, ''),
    PROFILE: profile,
    TESTID: testId,
    OUTPUT_DIR: directory,
    K6_NO_USAGE_REPORT: 'true',
    // Else k6 asks a build service for extensions that a script imports.
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
    ...(ownAddresses && { OWN_ADDRESSES: '1' }),
    ...(seconds !== undefined && { DURATION: String(seconds) }),
    ...(rate !== undefined && { RATE: String(rate) }),
    ...(prometheusUrl !== undefined && {
      K6_PROMETHEUS_RW_SERVER_URL: `${prometheusUrl.replace(/\/$/, '')}/api/v1/write`,
      K6_PROMETHEUS_RW_TREND_STATS: 'p(50),p(95),p(99),avg,max',
    }),
  };
}

function readSummary(file: string): LoadSummary | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LoadSummary;
  } catch {
    // It ended before it could write it.
    return undefined;
  }
}
