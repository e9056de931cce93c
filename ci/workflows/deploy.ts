/**
 * `node ci/workflows/deploy.ts deploy|roll-back`: brings RELEASE, whose images are DIGEST and BACKUP_DIGEST, to the overlay of ENVIRONMENT
 * on the cluster of KUBECONFIG, or the Deployment back to what it was before. What was before is kept in <environment>.json of DEPLOY_DIR (.cache/deploy).
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';
import { awaitJobs } from './await-jobs.ts';
import { expectCluster } from './cluster-of.ts';
import {
  type Digests,
  digestsIn,
  environmentIn,
  releaseFile,
  releaseIn,
  withRelease,
} from './release-of-overlay.ts';

const namespace = 'todo-api';
/** The folders that overlays take their files from. */
const manifests = ['alerts', 'dashboards', 'kubernetes', 'logging', 'monitoring'];
const deployment = 'deployment/todo-api';
/** Longer than what kubectl is told to wait, in milliseconds. */
const longestMs = 40 * 60_000;

interface Before {
  /** Revision of the Deployment, as `kubectl rollout history` counts; missing when there was none. */
  readonly revision?: string;
}

/** kubectl, with what it says on the terminal. @throws Error with the command when it fails */
function kubectl(...args: readonly string[]): void {
  const { status, error } = spawnSync('kubectl', args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: longestMs,
  });
  if (status !== 0)
    throw new Error(`kubectl ${args.join(' ')} ${error ? error.message : `ended with ${status}`}`);
}

function revision(): string {
  const path = String.raw`jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}`;
  const args = ['get', deployment, '--namespace', namespace, '--ignore-not-found', '--output', path];
  const { status, stdout, stderr, error } = spawnSync('kubectl', args, { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0)
    throw new Error(`The cluster can't be asked what runs: ${(error?.message ?? stderr).trim()}`);
  return stdout.trim();
}

const rolledOut = () => kubectl('rollout', 'status', '--namespace', namespace, deployment, '--timeout=15m');

/** In a copy: which release the checkout names is for a commit to say. */
function applyOverlay(environment: string, release: string, digests: Digests): void {
  const copy = mkdtempSync(join(tmpdir(), 'sightline-deploy-'));
  try {
    for (const folder of manifests) cpSync(join(checkout, folder), join(copy, folder), { recursive: true });
    const file = join(copy, releaseFile(environment));
    writeFileSync(file, withRelease(readFileSync(file, 'utf8'), release, digests, process.env));
    kubectl('apply', '--kustomize', join(copy, 'kubernetes/overlays', environment));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

async function deploy(environment: string, stateFile: string): Promise<void> {
  const release = releaseIn(process.env);
  const digests = digestsIn(process.env);
  const found = revision();
  mkdirSync(dirname(stateFile), { recursive: true });
  writeFileSync(stateFile, JSON.stringify(found === '' ? {} : ({ revision: found } satisfies Before)));
  applyOverlay(environment, release, digests);
  await awaitJobs([`job/todo-api-migrate-${release}`], 30);
  rolledOut();
  console.log(`${release} runs in ${environment}.`);
}

function before(stateFile: string): Before {
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8')) as Before;
  } catch {
    throw new Error(
      `Nothing was deployed from here (there is no ${stateFile}), so there is nothing to take back.`,
    );
  }
}

/** The schema stays: a migration only adds what the release before can live with. */
function rollBack(environment: string, stateFile: string): void {
  const { revision: earlier } = before(stateFile);
  if (earlier === undefined)
    throw new Error(`Nothing ran in ${environment} before, so there is nothing to go back to.`);
  if (revision() === earlier) {
    console.log(`What runs in ${environment} was not changed: there is nothing to take back.`);
    return;
  }
  kubectl('rollout', 'undo', '--namespace', namespace, deployment, `--to-revision=${earlier}`);
  rolledOut();
  console.log(`What ran in ${environment} before (revision ${earlier}) runs again.`);
}

const commands: Readonly<Record<string, (environment: string, stateFile: string) => void | Promise<void>>> = {
  deploy,
  'roll-back': rollBack,
};

try {
  const [name = ''] = process.argv.slice(2);
  const command = commands[name];
  if (command === undefined)
    throw new Error(`There is ${Object.keys(commands).join(' and ')}, and no "${name}".`);
  const environment = environmentIn(process.env);
  expectCluster(process.env);
  const folder = process.env['DEPLOY_DIR'] || join(checkout, '.cache/deploy');
  await command(environment, join(folder, `${environment}.json`));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
