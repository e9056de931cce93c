/** The Elasticsearch that runs beside the service: fetched from Maven Central once, by checksum. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheFolder, checkoutCacheFolder } from '@sightline/settings/cache.ts';
import { makeCacheEntry } from '../cache-entry.ts';
import { killIfThere } from '../process-identity.ts';
import { canBeEntered } from '../unprivileged.ts';
import { findJdk, oldestJava } from './java.ts';

export const release = '9.2.0';

/** The small distribution that Elastic publishes for tests of plugins: without ILM, ingest processors and a JDK. */
const artifact = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${release}:zip`;
const megabytes = 99;
const sha512 =
  '2c624e913bb8712fb1698fc1ab3a241c868228183f089ff3cde17ad7bc7b5a9663454c2af939c65e075663826371e3d4344dca43a55a8aab9594f9a64b01d2c7';
const copyGoal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy';
const fetchMinutes = 15;

export interface Wish {
  /** Ends the fetch when it aborts. */
  signal?: AbortSignal;
  /** Takes lines of progress; stderr by default. */
  say?: (line: string) => void;
}

/** Why Elasticsearch can't run here and what to install; undefined when it is there or can be fetched. */
export function whyNoElasticsearch(): string | undefined {
  const without = 'Without it logs are not searchable.';
  if (findJdk() === undefined)
    return (
      `Elasticsearch needs a JDK ${oldestJava} or newer, and there is none at JAVA_HOME, on the PATH or in the usual ` +
      `folders. Install one (Temurin ${oldestJava}, or Debian's default-jdk where it is new enough). ${without}`
    );
  if (existsSync(elasticsearchFolder()) || isOnThePath('mvn')) return undefined;
  return `Elasticsearch is fetched by Maven, and mvn is not on the PATH. Install it (Debian: maven). ${without}`;
}

/**
 * The folder of Elasticsearch, fetched and unpacked first if need be; one process does so at a time.
 * Throws what is missing, the reason of `signal`, or an error with what Maven said.
 */
export async function elasticsearchHome({ signal, say = console.error }: Wish = {}): Promise<string> {
  const directory = elasticsearchFolder();
  if (existsSync(directory)) return directory;
  const missing = whyNoElasticsearch();
  if (missing !== undefined) throw new Error(missing);
  await makeCacheEntry(directory, (folder) => fetchInto(folder, say, signal), {
    work: 'fetch of Elasticsearch',
    minutes: fetchMinutes,
    say,
    signal,
  });
  return directory;
}

const isOnThePath = (program: string) =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, program)));

/** Where Elasticsearch is, once it was fetched. */
export const elasticsearchFolder = () => join(cache(), `${release}-${sha512.slice(0, 12)}`);

let cacheHere: string | undefined;

/**
 * Elasticsearch refuses root, and root's home folder is closed to others: where no user namespace gets the server in
 * there, such as in a container, it is kept in the checkout.
 */
function cache(): string {
  const folder = cacheFolder('elasticsearch');
  if (process.getuid?.() !== 0 || process.env['SIGHTLINE_CACHE']) return folder;
  if (cacheHere === undefined) {
    mkdirSync(folder, { recursive: true });
    cacheHere = canBeEntered(folder) ? folder : checkoutCacheFolder('elasticsearch');
  }
  return cacheHere;
}

async function fetchInto(
  workshop: string,
  say: (line: string) => void,
  signal: AbortSignal | undefined,
): Promise<string> {
  say(`fetching Elasticsearch ${release} by Maven, ${megabytes} MB …`);
  const began = performance.now();
  const options = [`-Dartifact=${artifact}`, `-DoutputDirectory=${workshop}`];
  await run('mvn', ['--batch-mode', '--no-transfer-progress', copyGoal, ...options], workshop, signal);
  const archive = join(workshop, `elasticsearch-${release}.zip`);
  await verify(archive);
  say('unpacking Elasticsearch …');
  await run(join(findJdk() ?? '', 'bin/jar'), ['--extract', '--file', archive], workshop, signal);
  // `jar` forgets who may execute what.
  const unpacked = join(workshop, `elasticsearch-${release}`);
  const programs = join(unpacked, 'bin');
  for (const name of await readdir(programs)) await chmod(join(programs, name), 0o755);
  say(`Elasticsearch is there after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return unpacked;
}

/** Maven checks what a repository says about its own file; this, that it is the file that was tried. */
async function verify(archive: string): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(archive), hash);
  const found = hash.digest('hex');
  if (found !== sha512)
    throw new Error(
      `${basename(archive)} of Maven is not the file that this project knows: its SHA-512 is ${found}, not ${sha512}. ` +
        'Remove it from the local Maven repository and try again; if it stays so, do not run it.',
    );
}

/** Runs a program to its end in a process group of its own, which `signal` or the time limit ends. */
async function run(
  program: string,
  args: readonly string[],
  directory: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(program, args, { cwd: directory, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.pid !== undefined && killIfThere(-child.pid, 'SIGKILL');
  const deadline = setTimeout(kill, fetchMinutes * 60_000);
  signal?.addEventListener('abort', kill, { once: true });
  process.once('exit', kill);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
  const end = await endOf(child);
  clearTimeout(deadline);
  signal?.removeEventListener('abort', kill);
  process.off('exit', kill);
  signal?.throwIfAborted();
  if (end === '0') return;
  const problems = said.split('\n').filter((line) => /ERROR|rror:/.test(line));
  throw new Error(
    `${basename(program)} ended with ${end}: ${(problems.length > 0 ? problems : said.split('\n')).slice(0, 10).join('\n').trim() || 'it said nothing'}`,
  );
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, killedBy) => resolve(killedBy ?? String(code)));
  });
}
