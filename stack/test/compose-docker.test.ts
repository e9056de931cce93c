/**
 * Tests what the commands make of the answers of `docker` on other machines than this: a script in its place
 * gives them.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { unreadable } from '../compose/before-start.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-docker-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts the script in place: its answers, by how its arguments begin; anything else it refuses. */
function answers(cases: Readonly<Record<string, string>>): void {
  const program = join(folder, 'docker');
  const branches = Object.entries(cases).map(([begin, commands]) => `'${begin}'*) ${commands} ;;`);
  writeFileSync(
    program,
    `#!/bin/sh\ncase "$*" in\n${branches.join('\n')}\n*) echo "no $*" >&2; exit 1 ;;\nesac\n`,
  );
  chmodSync(program, 0o755);
}

const run = promisify(execFile);

/** The value of an expression on what a module of the stack exports, in a process that has just that `docker`. */
async function evaluate(module: string, expression: string): Promise<unknown> {
  const url = JSON.stringify(join(checkout, module));
  const program = `const it = await import(${url}); console.log(JSON.stringify((await (${expression})) ?? null));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: checkout,
    env: { PATH: folder, STACK_DIR: join(folder, 'stack') },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown;
}

const whyNoDocker = () => evaluate('stack/images/docker.ts', 'it.whyNoDocker()');
const engine = `echo '{"ServerVersion":"29.1.0","MemTotal":8000000000}'`;

describe('Docker on this machine', () => {
  test.each([
    ['usable', { info: engine, version: `echo '{"Components":[{"Name":"Engine"}]}'` }, null],
    ['away', { info: 'exit 1' }, 'no Docker daemon answers'],
    [
      'Podman under its name',
      { info: `echo '{"host":{"memTotal":8000000000}}'` },
      /^Podman stands in for Docker here/,
    ],
    [
      "Podman behind Docker's own command",
      { info: engine, version: `echo '{"Components":[{"Name":"Podman Engine"}]}'` },
      /^Podman stands in for Docker here/,
    ],
  ] as const)('Docker is %s', async (_, cases, expected) => {
    answers(cases);
    const reason = await whyNoDocker();
    if (expected instanceof RegExp) expect(reason).toMatch(expected);
    else expect(reason).toBe(expected);
  });

  test('make up says in a sentence why it starts natively', async () => {
    answers({ info: `echo '{"host":{}}'` });
    const given = { PATH: folder, STACK_DIR: join(folder, 'stack'), COMPONENTS: 'nothing' };
    const { stdout } = await run(process.execPath, ['stack/cli.ts', 'up'], {
      cwd: checkout,
      env: given,
    }).catch((error: unknown) => error as { stdout: string });
    expect(stdout).toMatch(/^Natively, since Podman stands in for Docker here: .*\.\n/);
  });
});

describe('The files and the socket of Docker', () => {
  const usual = { root: '/var/lib/docker', socket: '/var/run/docker.sock' };
  const home = '/home/ada/.local/share/docker';
  test.each([
    ['where they usually are', '/var/lib/docker', 'unix:///var/run/docker.sock', usual],
    [
      'without root',
      home,
      'unix:///run/user/1000/docker.sock',
      { root: home, socket: '/run/user/1000/docker.sock' },
    ],
    [
      "snap's",
      '/var/snap/docker/common/var-lib-docker',
      'unix:///var/run/docker.sock',
      { ...usual, root: '/var/snap/docker/common/var-lib-docker' },
    ],
    ["Docker Desktop's on a Mac", '/var/lib/docker', 'unix:///Users/ada/.docker/run/docker.sock', usual],
    ["Docker Desktop's on Linux", '/var/lib/docker', 'unix:///home/ada/.docker/desktop/docker.sock', usual],
    ["Colima's", '/var/lib/docker', 'unix:///Users/ada/.colima/default/docker.sock', usual],
    ['of another machine', '/data/docker', 'ssh://ada@host', { ...usual, root: '/data/docker' }],
  ])('its files and its socket are %s', async (_, root, socket, expected) => {
    answers({ 'info --format={{.DockerRootDir}}': `echo '${root}'`, 'context inspect': `echo '${socket}'` });
    expect(await evaluate('stack/images/docker.ts', 'it.dockerPlaces()')).toEqual(expected);
  });

  test('Filebeat gets the folder and the socket that Docker names', async () => {
    const said = join(folder, 'variables');
    answers({
      'info --format={{.DockerRootDir}}': 'echo /data/docker',
      'context inspect': 'echo unix:///run/user/7/docker.sock',
      compose: `echo "$DOCKER_CONTAINERS $DOCKER_SOCKET" > '${said}'; echo done`,
    });
    const settings = JSON.stringify({ stackDirectory: folder, project: 'p', ports: {} });
    const expression = `it.compose(${settings}, [], ['config']) && (await import('node:fs')).readFileSync(${JSON.stringify(said)}, 'utf8')`;
    expect(await evaluate('stack/compose/compose.ts', expression)).toBe(
      '/data/docker/containers /run/user/7/docker.sock\n',
    );
  });
});

describe('The builder of images', () => {
  const built = (cases: Readonly<Record<string, string>>) => {
    answers({ ...cases, 'build ': 'echo "builder $DOCKER_BUILDKIT."' });
    return evaluate('stack/images/docker.ts', "it.docker(['build', '.'])");
  };
  test('images are built by BuildKit where there is buildx', async () => {
    expect(await built({ buildx: 'echo v0.30' })).toBe('builder .');
  });
  test('images are built by the former builder where there is no buildx', async () => {
    expect(await built({})).toBe('builder 0.');
  });
});

describe('Whether an image can be fetched', () => {
  const whyNot = () =>
    evaluate('stack/compose/images.ts', "it.whyNotFetched('docker.io/library/postgres:18')");

  test('is asked by its manifest, not by fetching it', async () => {
    answers({
      'manifest inspect docker.io/library/postgres:18': 'echo {}',
      pull: `echo x > '${folder}/pulled'; exit 1`,
    });
    expect(await whyNot()).toBeNull();
  });

  test('is tried where the command may not ask', async () => {
    answers({ pull: 'exit 0' });
    expect(await whyNot()).toBeNull();
  });

  test('is answered with what Docker said', async () => {
    answers({ pull: 'echo "Error response from daemon: lookup docker.io: no such host" >&2; exit 1' });
    expect(await whyNot()).toBe('lookup docker.io: no such host');
  });
});

describe('A service that ends and is started again', () => {
  /** One look after the other; the last one stays. */
  const looks = (...states: readonly string[]) => {
    const counter = join(folder, 'looks');
    writeFileSync(counter, '0\n');
    const branches = states.map(
      (state, index) => `${index === states.length - 1 ? '*' : index}) echo '${state}' ;;`,
    );
    answers({
      ps: 'echo id',
      inspect: `read n < '${counter}'; echo $((n + 1)) > '${counter}'; case $n in ${branches.join(' ')} esac`,
      logs: 'echo "Initial heap size set to a larger value"',
    });
  };
  const line = (...fields: readonly (string | number | boolean)[]) =>
    ['logstash', '/p-logstash-1', ...fields].join('\t');
  const follow = async () => {
    const settings = JSON.stringify({ stackDirectory: folder, project: 'p', ports: {} });
    const services = JSON.stringify([{ name: 'logstash', isTask: false }]);
    return await evaluate(
      'stack/compose/up.ts',
      `it.followUntilReady(${settings}, ${services}, new Map(), new AbortController().signal)
        .then(() => 'ready', (error) => error.message)`,
    );
  };

  test('a service that ends once is waited for', async () => {
    looks(
      line('restarting', '', 1, '2026-01-01T00:00:00Z', 1, false),
      line('running', 'starting', 0, '2026-01-01T00:00:01Z', 1, false),
      line('running', 'healthy', 0, '2026-01-01T00:00:01Z', 1, false),
    );
    expect(await follow()).toBe('ready');
  });

  test('a service that ends again and again has failed, as its last lines say', async () => {
    looks(
      line('restarting', '', 1, '2026-01-01T00:00:00Z', 2, false),
      line('restarting', '', 1, '2026-01-01T00:00:03Z', 3, false),
    );
    expect(await follow()).toBe(
      'logstash failed: it is restarting (exit code 1, started again 3 times). Its log ends with\n' +
        '    Initial heap size set to a larger value',
    );
  });

  test('a service that ends for its limit of memory is reported as such', async () => {
    looks(line('restarting', '', 137, '2026-01-01T00:00:00Z', 4, true));
    expect(await follow()).toContain('(exit code 137, for its limit of memory, started again 4 times)');
  });
});

describe('Files that containers get', () => {
  test('are an obstacle when only their owner can read them, with the command that helps', () => {
    const inside = join(folder, 'inside');
    mkdirSync(inside);
    const open = join(inside, 'open.yml');
    writeFileSync(open, '');
    chmodSync(open, 0o644);
    chmodSync(inside, 0o755);
    expect(unreadable([inside, open])).toEqual([]);
    chmodSync(open, 0o600);
    chmodSync(inside, 0o700);
    const [sentence = ''] = unreadable([inside, open]);
    expect(sentence).toMatch(
      /^2 files that containers read can be read by their owner only, as with umask 077 /,
    );
    expect(sentence).toContain('chmod -R go+rX ');
  });

  test('have their mode whatever the umask is', async () => {
    const file = join(folder, 'secret');
    const expression = `(process.umask(0o077), it.replaceFile(${JSON.stringify(file)}, 'x', 0o444),
      (await import('node:fs')).statSync(${JSON.stringify(file)}).mode & 0o777)`;
    expect(await evaluate('packages/servers/atomic-file.ts', expression)).toBe(0o444);
  });
});
