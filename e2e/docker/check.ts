/**
 * `make test-compose`: brings the stack of stack/compose.yaml up in Docker on free ports, as `make up` does, on
 * images made here; verifies it; takes it down and removes it. A line a step; exit code 1 when one fails.
 */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sightline/servers/free-port.ts';
import { abortedByInterrupt } from '@sightline/settings/interrupt.ts';
import { mapCount } from '@sightline/stack/compose/before-start.ts';
import { compose, whyNoCompose } from '@sightline/stack/compose/compose.ts';
import { type ComposeService, readServices } from '@sightline/stack/compose/file.ts';
import { projectOf, readComposeSettings } from '@sightline/stack/compose/settings.ts';
import { whyNoDebian } from '@sightline/stack/images/debian.ts';
import { docker, whyNoDocker } from '@sightline/stack/images/docker.ts';
import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import { type Check, CheckFailed, runChecks } from '@sightline/testkit/check.ts';
import { tool } from '@sightline/tools/tools.ts';
import { loadImages, ownImages, runnable, writeOverride } from './local.ts';

const terminal = terminalOn(process.stdout, process.env);
const mapCountFile = '/proc/sys/vm/max_map_count';

/** An interruption aborts the checks; the stack is removed all the same. */
const interrupted = abortedByInterrupt();

interface ComposeContext {
  readonly folder: string;
  readonly stackDirectory: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly services: readonly ComposeService[];
}

/** Runs a program of the stack as make does. @returns what it prints */
async function run(
  context: ComposeContext,
  args: readonly string[],
  more: NodeJS.ProcessEnv = {},
): Promise<string> {
  const child = spawn(process.execPath, args, {
    env: { ...context.environment, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  const stop = () => child.kill('SIGINT');
  interrupted.signal.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'close')) as [number | null];
  interrupted.signal.removeEventListener('abort', stop);
  interrupted.signal.throwIfAborted();
  if (code !== 0) throw new CheckFailed([`node ${args.join(' ')} ended with ${code}:`, said.trimEnd()]);
  return said;
}

const cli = (context: ComposeContext, command: string, more?: NodeJS.ProcessEnv) =>
  run(context, ['stack/cli.ts', command], more);

const composeSettings = ({ environment, services }: ComposeContext) =>
  readComposeSettings(services, environment);

/** The steps of a user of the stack, in this order. */
const checks: readonly Check<ComposeContext>[] = [
  {
    id: 'up',
    proves: 'make up starts all of it, and says what to try',
    run: async (context) => {
      const said = await cli(context, 'up');
      if (!said.includes('Demo user')) throw new CheckFailed(['make up did not say what to try:', said]);
      return `${context.services.length} services are ready`;
    },
  },
  {
    // In place of Filebeat and Logstash, and no part of the stack's own file.
    id: 'shipper',
    proves: 'the log shipper takes the log path',
    run: (context) => {
      const names = context.services.map(({ name }) => name);
      Object.assign(process.env, { COMPOSE_OVERRIDE: context.environment['COMPOSE_OVERRIDE'] });
      compose(composeSettings(context), names, ['up', '--detach', '--no-build', '--no-deps', 'log-shipper']);
      return Promise.resolve('the log shipper takes the log path');
    },
  },
  {
    id: 'curl',
    proves: 'the demo user has todos',
    run: (context) => {
      const said = readFileSync(join(context.stackDirectory, 'demo.json'), 'utf8');
      const { api_url: url, access_token: token } = JSON.parse(said) as {
        api_url: string;
        access_token: string;
      };
      return fetch(`${url}/v1/todos?limit=3`, { headers: { authorization: `Bearer ${token}` } }).then(
        async (answer) => {
          const { items } = (await answer.json()) as { items: object[] };
          if (answer.status !== 200 || items.length !== 3)
            throw new CheckFailed([
              `GET /v1/todos?limit=3 answered ${answer.status} with ${items?.length} todos.`,
            ]);
          return 'the demo user has todos';
        },
      );
    },
  },
  {
    id: 'verify',
    proves: 'make verify passes',
    run: async (context) => {
      const said = await run(context, ['e2e/verify/cli.ts'], { QUICK: '1' });
      return said.trimEnd().split('\n').at(-1) ?? '';
    },
  },
  {
    id: 'page',
    proves: 'a page leaves the networks of the stack',
    run: async (context) => {
      const said = await run(context, ['e2e/docker/page-outside.ts']);
      return said.trimEnd().split('\n').at(-1) ?? '';
    },
  },
  {
    id: 'search',
    proves: 'make search finds a request',
    run: async (context) => {
      const query = { Q: 'event.action:request', SINCE: '15m', LIMIT: '1', JSON: '1' };
      const said = await run(context, ['stack/compose/elasticsearch.ts', 'logging/search/search.ts'], query);
      if (!said.includes('"event.action":"request"'))
        throw new CheckFailed(['make search found no request:', said]);
      return 'make search finds a request';
    },
  },
  {
    id: 'status',
    proves: 'make status shows all as ready or done',
    run: async (context) => {
      const said = await cli(context, 'status');
      const missing = context.services.filter(
        ({ name }) => !new RegExp(`^${name} +(ready|done)`, 'm').test(said),
      );
      if (missing.length > 0) throw new CheckFailed(['make status does not show all as ready:', said]);
      return 'all are ready or done';
    },
  },
  {
    id: 'logs',
    proves: 'make logs shows an instance',
    run: async (context) => {
      const said = await cli(context, 'logs', { C: 'api-1' });
      if (!said.includes('"event.action"'))
        throw new CheckFailed(['make logs C=api-1 shows no line of it:', said]);
      return 'those of an instance';
    },
  },
  {
    id: 'down-up',
    proves: 'todos are there again after make down and make up',
    run: async (context) => {
      const before = await todos(context);
      await cli(context, 'down');
      await cli(context, 'up');
      const after = await todos(context);
      if (before === 0 || before !== after)
        throw new CheckFailed([`There were ${before} todos before, and ${after} after.`]);
      return `${after} todos before and after`;
    },
  },
  {
    // Of a stack that is stopped, and without being told that it is one of Docker's.
    id: 'clean',
    proves: 'make clean leaves nothing',
    run: async (context) => {
      await cli(context, 'down');
      await cli(context, 'clean', { STACK: '' });
      const project = projectOf(context.stackDirectory);
      const left = [
        ...docker(['ps', '--all', '--quiet', `--filter=name=${project}`]).split('\n'),
        ...docker(['volume', 'ls', '--quiet', `--filter=name=${project}`]).split('\n'),
        existsSync(context.stackDirectory) ? context.stackDirectory : '',
      ].filter((name) => name !== '');
      if (left.length > 0) throw new CheckFailed([`make clean left ${left.join(', ')}.`]);
      return 'no container, volume or file is left';
    },
  },
];

/** Whatever became of the checks. */
function removeStack({ environment }: ComposeContext): void {
  spawnSync(process.execPath, ['stack/cli.ts', 'clean'], { env: environment, stdio: 'ignore' });
}

/** Todos in the database. */
function todos(context: ComposeContext): Promise<number> {
  const names = context.services.map(({ name }) => name);
  const query = ['psql', '--host=/var/run/postgresql', '--username=postgres', '--dbname=todo'];
  const args = [
    'exec',
    '--no-TTY',
    'postgresql',
    ...query,
    '--tuples-only',
    '--command=select count(*) from todos',
  ];
  return Promise.resolve(Number(compose(composeSettings(context), names, args).trim()));
}

/** Docker finds a compose that is built here where it has none of its own. */
async function dockerConfiguration(folder: string): Promise<NodeJS.ProcessEnv> {
  if (whyNoCompose() === undefined) return {};
  const plugins = join(folder, 'docker/cli-plugins');
  mkdirSync(plugins, { recursive: true });
  symlinkSync(
    await tool('docker-compose', { say: (line) => terminal.text(line) }),
    join(plugins, 'docker-compose'),
  );
  return { DOCKER_CONFIG: join(folder, 'docker') };
}

/** Elasticsearch's, raised for as long as this runs. @returns what puts it back */
function withMemoryMaps(): () => void {
  const before = existsSync(mapCountFile) ? Number(readFileSync(mapCountFile, 'utf8')) : mapCount;
  if (before >= mapCount) return () => {};
  const set = (count: number) => spawnSync('sysctl', ['-qw', `vm.max_map_count=${count}`]);
  terminal.text(`vm.max_map_count is ${before}: it is ${mapCount} for as long as this runs`);
  set(mapCount);
  return () => set(before);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-compose-'));
  const { services, skipped } = runnable(readServices());
  terminal.text(`skipped, since their images can't be made here: ${skipped.join(', ')}`);
  const ports = await Promise.all(
    readServices().flatMap(({ ports: own }) =>
      own.map(async ({ setting }) => [setting, String(await freePort())]),
    ),
  );
  const stackDirectory = join(folder, 'stack');
  Object.assign(process.env, await dockerConfiguration(folder));
  const context: ComposeContext = {
    folder,
    stackDirectory,
    services,
    environment: {
      ...process.env,
      ...(Object.fromEntries(ports) as Record<string, string>),
      STACK: 'docker',
      STACK_DIR: stackDirectory,
      COMPONENTS: services.map(({ name }) => name).join(','),
      ...ownImages,
      COMPOSE_OVERRIDE: writeOverride(folder, services),
    },
  };
  const putBack = withMemoryMaps();
  try {
    await loadImages(services, (line) => terminal.text(line));
    const { found } = await runChecks(checks, context, {
      terminal,
      signal: interrupted.signal,
      untilOneFails: true,
    });
    if (found.length < checks.length || found.some(({ ok }) => !ok)) process.exitCode ||= 1;
  } finally {
    removeStack(context);
    putBack();
    rmSync(folder, { recursive: true, force: true });
  }
}

const obstacle = whyNoDocker() ?? whyNoDebian();
if (obstacle !== undefined) terminal.text(`skipped: ${obstacle}`);
else await main();
