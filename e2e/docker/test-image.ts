/**
 * `make test-image`: the image as Docker builds and runs it, without a privilege, on a real PostgreSQL. A line a check; exit
 * code 1 when one fails. NODE_IMAGE is another base image; without it the Dockerfile's is taken, or one made here.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openAccounts } from '@sightline/loadtest/accounts.ts';
import { freePort } from '@sightline/servers/free-port.ts';
import { waitFor } from '@sightline/servers/readiness.ts';
import { jwtKeysFile } from '@sightline/servers/secrets.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { maxBytes, unwantedIn } from '@sightline/stack/images/contents.ts';
import { docker, whyNoDocker } from '@sightline/stack/images/docker.ts';
import { loadBase } from '@sightline/stack/images/docker-base.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { type Check, CheckFailed, expectNone, runChecks } from '@sightline/testkit/check.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';
import { loadUsers, startLoad } from '../cluster/load.ts';
import { checkGoldenPath } from '../verify/checks/api.ts';

const localBase = 'sightline-node:local';
const image = `sightline-test-image:${process.pid}`;
const container = `sightline-test-image-${process.pid}`;
const seconds = 60;
/** Load before the signal and after it, in milliseconds. */
const calmMs = 2000;

const terminal = terminalOn(process.stdout, process.env);
const say = (line: string) => terminal.text(line);

interface ImageContext {
  /** A folder with the Secrets, as the manifests mount them. */
  readonly secrets: string;
  readonly port: number;
  readonly managementPort: number;
  readonly apiUrl: string;
}

async function build(): Promise<string> {
  const buildWith = (base: readonly string[]) =>
    docker(['build', '--network=host', `--tag=${image}`, '--build-arg=REVISION=test', ...base, checkout]);
  const given = process.env['NODE_IMAGE'];
  if (given) {
    buildWith([`--build-arg=NODE_IMAGE=${given}`]);
    return `built on ${given}`;
  }
  try {
    buildWith([]);
    return "built on the Dockerfile's own base";
  } catch (error) {
    // Anything else is an error of the Dockerfile.
    if (!/pull|manifest|registry|dial tcp|no such host/i.test(String(error))) throw error;
  }
  await loadBase(localBase, say);
  buildWith([`--build-arg=NODE_IMAGE=${localBase}`]);
  return `built on ${localBase}, since the base of the Dockerfile can't be pulled here`;
}

/** Sizes of the layers that our instructions made, in bytes: those above the base, whose entries come last. */
function checkSize(): string {
  const sizes = docker(['history', '--human=false', '--format={{.Size}} {{.CreatedBy}}', image]).split('\n');
  const first = sizes.findLastIndex((line) => line.includes('WORKDIR /srv/sightline'));
  const bytes = sizes.slice(0, first + 1).reduce((sum, line) => sum + Number.parseInt(line, 10), 0);
  if (!(bytes > 0 && bytes < maxBytes))
    throw new CheckFailed([
      `Our layers have ${(bytes / 1e6).toFixed(1)} MB; they may have ${maxBytes / 1e6}.`,
    ]);
  return `our layers have ${(bytes / 1e6).toFixed(1)} MB`;
}

function checkFiles(): string {
  const list = 'console.log(JSON.stringify(fs.readdirSync(".", { recursive: true })))';
  const paths = JSON.parse(docker(['run', '--rm', '--network=none', image, '--eval', list])) as string[];
  expectNone(unwantedIn(paths));
  if (!paths.includes('app/src/main.ts')) throw new CheckFailed(['The image lacks app/src/main.ts.']);
  return `${paths.length} files and folders, no test, secret or development dependency among them`;
}

/**
 * Options that confine a container as the manifests do, under a user that the image doesn't know; the network
 * is this machine's loopback.
 */
const confined = ({ secrets }: ImageContext) => [
  '--read-only',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
  '--user=20002:20002',
  '--network=host',
  `--volume=${secrets}:/run/secrets/todo-api:ro`,
  '--env=DATABASE_URL_FILE=/run/secrets/todo-api/url',
];

function checkMigration(context: ImageContext): string {
  docker(['run', '--rm', ...confined(context), image, 'app/src/database/migrate.ts', 'up']);
  return 'the same image, with another command, made the schema';
}

async function checkHealthy(context: ImageContext): Promise<string> {
  const settings = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    MANAGEMENT_HOST: '127.0.0.1',
    PORT: context.port,
    MANAGEMENT_PORT: context.managementPort,
    JWT_KEYS_FILE: '/run/secrets/todo-api/jwt-keys.json',
    DRAIN_DELAY_MS: 1000,
  };
  const environment = Object.entries(settings).map(([name, value]) => `--env=${name}=${value}`);
  docker(['run', '--detach', `--name=${container}`, ...confined(context), ...environment, image]);
  let health = '';
  const isHealthy = () => {
    health = docker(['inspect', '--format={{.State.Health.Status}}', container]);
    return health === 'healthy';
  };
  await waitFor(isHealthy, seconds, 'The container did not become healthy').catch((error: Error) => {
    throw new CheckFailed([
      `${error.message}: it is ${health}. Its log ends with`,
      docker(['logs', '--tail=5', container]),
    ]);
  });
  return 'by its HEALTHCHECK, with a read-only root, without capabilities, as a user of no name';
}

/** Ended under load. Who finds nobody listening was not accepted, and may try elsewhere; whoever was accepted is answered. */
async function checkEnd({ apiUrl }: ImageContext): Promise<string> {
  const load = startLoad(apiUrl, await openAccounts(apiUrl, loadUsers, false));
  try {
    await pause(calmMs);
    docker(['kill', '--signal=TERM', container]);
    const hasEnded = () => docker(['inspect', '--format={{.State.Running}}', container]) === 'false';
    await waitFor(hasEnded, seconds, 'The container did not end');
  } finally {
    await load.stop();
  }
  const { answered, failures } = load.counts();
  expectNone(failures.filter((failure) => !failure.includes('ECONNREFUSED')));
  if (answered === 0) throw new CheckFailed(['No request was answered, so nothing was shown.']);
  const code = docker(['inspect', '--format={{.State.ExitCode}}', container]);
  if (code !== '0') throw new CheckFailed([`It ended with ${code}; 0 was expected.`]);
  return `${answered} requests answered, none of the accepted failed, exit code 0`;
}

const checks: readonly Check<ImageContext>[] = [
  { id: 'build', proves: 'Docker builds it', run: build },
  { id: 'size', proves: 'our layers are small', run: checkSize },
  { id: 'files', proves: 'it holds the service, and nothing else', run: checkFiles },
  { id: 'migration', proves: 'it migrates the database', run: checkMigration },
  { id: 'healthy', proves: 'it becomes healthy without a privilege', run: checkHealthy },
  {
    id: 'golden-path',
    proves: 'every operation answers as the OpenAPI document says',
    run: ({ apiUrl }) => checkGoldenPath({ stack: { apiUrl } }),
  },
  { id: 'sigterm', proves: 'SIGTERM under load fails no accepted request', run: checkEnd },
];

/** A folder for the container, whose user may read it; nobody else gets into the folder above. */
function writeSecrets(folder: string, url: string): string {
  const mounted = join(folder, 'mounted');
  const keys = jwtKeysFile(mounted);
  writeFileSync(join(mounted, 'url'), url);
  chmodSync(mounted, 0o755);
  for (const file of [keys, join(mounted, 'url')]) chmodSync(file, 0o444);
  return mounted;
}

const obstacle = whyNoDocker();
if (obstacle !== undefined) {
  say(`skipped: ${obstacle}`);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-test-image-'));
  const database = await createTestDatabase();
  try {
    const [port, managementPort] = [await freePort(), await freePort()];
    const secrets = writeSecrets(folder, database.url);
    const context = { secrets, port, managementPort, apiUrl: `http://127.0.0.1:${port}` };
    const { found } = await runChecks(checks, context, { terminal, untilOneFails: true });
    if (found.some(({ ok }) => !ok)) process.exitCode = 1;
  } finally {
    for (const remove of [
      ['rm', '--force', container],
      ['rmi', '--force', image],
    ])
      try {
        docker(remove);
      } catch {
        // It was never made.
      }
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}
