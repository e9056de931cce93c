import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@sightline/testkit/eventually.ts';
import { whyNoGo } from '../go.ts';
import { type ProgramName, type Tool, type ToolName, tools } from '../table.ts';
import { tool, toolIfPresent, whyMissing } from '../tools.ts';

const root = resolve(import.meta.dirname, '..');
const table = Object.entries(tools) as [ToolName, Tool][];
const programs = table.flatMap(([name, { programs, release, versionArgument = '--version', onDemand }]) =>
  Object.entries(programs).map(([program, goPackage]) => ({
    name,
    program: program as ProgramName,
    goPackage,
    release,
    versionArgument,
    onDemand,
  })),
);
const goIsMissing = whyNoGo('1.26');
const withGo = goIsMissing === undefined ? test : test.skip;
const because = goIsMissing === undefined ? '' : ` (skipped: ${goIsMissing})`;

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-tools-test-'));
  folders.push(folder);
  return folder;
};
afterEach(() => {
  for (const folder of folders.splice(0)) {
    // A compiler whose build was killed may write for a moment longer.
    rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }
});

/** A Go module with one program, and the folder it will be in. */
function helloModule(source = 'package main\n\nfunc main() { println("hello 1.0.0") }\n') {
  const folder = newFolder();
  const module = join(folder, 'module');
  mkdirSync(join(module, 'cmd/greet'), { recursive: true });
  writeFileSync(join(module, 'go.mod'), 'module example.test/hello\n\ngo 1.21\n');
  writeFileSync(join(module, 'cmd/greet/main.go'), source);
  const cache = join(folder, 'cache');
  return { folder, module, cache, directory: join(cache, 'hello-1') };
}

/** `make` or a test that wants a tool, as a process of its own. */
function build({ module, directory }: { module: string; directory: string }, env: NodeJS.ProcessEnv = {}) {
  const program = join(root, 'test/fixtures/build.ts');
  const child = spawn(process.execPath, [program, module, directory], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const killWithTests = () => child.kill('SIGKILL');
  process.once('exit', killWithTests);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const ended = new Promise<{ code: number | null; output: string }>((done) => {
    child.once('close', (code) => {
      process.off('exit', killWithTests);
      done({ code, output });
    });
  });
  return { child, ended };
}

describe('the table', () => {
  for (const { program, release, versionArgument, onDemand } of programs) {
    // A build that says another release counts for nothing, so this needs none of its own.
    const missing =
      onDemand && toolIfPresent(program) === undefined ? 'whoever uses it builds it' : whyMissing(program);
    const withTool = missing === undefined ? test : test.skip;
    withTool(
      `${program} says that it is of release ${release}${missing === undefined ? '' : ` (skipped: ${missing})`}`,
      async () => {
        const { stdout, stderr, status } = spawnSync(await tool(program), [versionArgument], {
          encoding: 'utf8',
        });
        const says = `${stdout}${stderr}`;
        expect({ status, says }).toEqual({ status: 0, says: expect.stringContaining(release) });
      },
      600_000,
    );
  }

  test.each(programs)(
    'go.mod of $name pins the release that the table names for $program',
    ({ name, goPackage, release }) => {
      const goMod = readFileSync(join(root, name, 'go.mod'), 'utf8');
      const pinned = [...goMod.matchAll(/^\t(\S+) (v\S+)/gm)].filter(([, module]) =>
        `${goPackage}/`.startsWith(`${module}/`),
      );
      // Prometheus 3.15.0 is version 0.315.0 of its module.
      const version = name === 'prometheus' ? release.replace(/^(\d+)\.(\d\d)\./, '0.$1$2.') : release;
      expect(pinned.map(([, , found]) => found)).toEqual([`v${version}`]);
      expect(existsSync(join(root, name, 'go.sum'))).toBe(true);
    },
  );
});

describe('a build', () => {
  withGo(`leaves one program, runnable under its name, and no trace of the building${because}`, async () => {
    const hello = helloModule();
    expect(await build(hello).ended).toMatchObject({
      code: 0,
      output: expect.stringMatching(/built hello in [\d.]+ s/),
    });
    expect(readdirSync(hello.cache)).toEqual(['hello-1']);
    const run = spawnSync(join(hello.directory, 'hello'), { encoding: 'utf8' });
    expect(run).toMatchObject({ status: 0, stderr: 'hello 1.0.0\n' });
  });

  withGo(`is made once when several processes want it at the same time${because}`, async () => {
    const hello = helloModule();
    const ends = await Promise.all([build(hello).ended, build(hello).ended, build(hello).ended]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(ends.filter(({ output }) => output.includes('building'))).toHaveLength(1);
    expect(readdirSync(hello.cache)).toEqual(['hello-1']);
  });

  // Go's own cache is empty, so that the build lasts for seconds.
  withGo.each(['SIGTERM', 'SIGKILL'] as const)(
    `that ends by %s leaves no half-built program, and the next one succeeds${because}`,
    async (signal) => {
      const hello = helloModule();
      const slow = build(hello, { GOCACHE: join(hello.folder, 'go-cache') });
      await eventually(
        () =>
          existsSync(hello.cache) && readdirSync(hello.cache).some((name) => name.startsWith('.unfinished-')),
      );
      slow.child.kill(signal);
      const { output } = await slow.ended;
      expect(output).not.toContain('built hello');
      if (signal === 'SIGTERM') expect(readdirSync(hello.cache)).toEqual([]);
      expect(existsSync(hello.directory)).toBe(false);
      expect(await build(hello).ended).toMatchObject({ code: 0 });
      expect(readdirSync(hello.cache)).toEqual(['hello-1']);
    },
  );

  withGo(`that fails shows what Go said, and nothing is taken for built${because}`, async () => {
    const hello = helloModule('package main\n\nfunc main() { nowhere() }\n');
    const { code, output } = await build(hello).ended;
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringContaining('undefined: nowhere'),
    });
    expect(readdirSync(hello.cache)).toEqual([]);
  });

  withGo(`that says another release counts for nothing${because}`, async () => {
    const hello = helloModule('package main\n\nfunc main() { println("hello 1.0.1") }\n');
    const { code, output } = await build(hello).ended;
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringContaining('hello was built, and does not say that it is of release 1.0.0.'),
    });
    expect(readdirSync(hello.cache)).toEqual([]);
  });

  withGo(`takes no module that go.sum doesn't name${because}`, async () => {
    const hello = helloModule('package main\n\nimport _ "golang.org/x/text"\n\nfunc main() {}\n');
    const { code, output } = await build(hello).ended;
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining('golang.org/x/text') });
  });
});

/** A checkout of what `tools/run.ts` needs. */
function newCheckout() {
  const folder = newFolder();
  const links = join(folder, 'node_modules/@sightline');
  mkdirSync(links, { recursive: true });
  for (const room of ['tools', 'packages/servers', 'packages/settings']) {
    cpSync(join(root, '..', room), join(folder, room), { recursive: true });
    symlinkSync(join(folder, room), join(links, basename(room)));
  }
  return folder;
}

/**
 * A `go` that makes scripts in place of programs, and notes the module of each build.
 * @param work of each build, in sh
 */
function scriptedGo(work = '') {
  const folder = newFolder();
  const builds = join(folder, 'builds');
  writeFileSync(builds, '');
  const releases = table.map(([, { release }]) => release).join(' ');
  writeFileSync(
    join(folder, 'go'),
    `#!/bin/sh
if [ "$1" = env ]; then echo go1.99.0; exit; fi
case $* in *' net/http') exit ;; esac
builds='${builds}'
echo "\${PWD##*/}" >>"$builds"
${work}
while [ "$1" != -o ]; do shift; done
output=$2; shift 2
for package; do
  name=\${package%/v2}
  printf '#!/bin/sh\\necho ${releases} run as "$0"\\n' >"$output\${name##*/}"
  chmod 755 "$output\${name##*/}"
done
`,
    { mode: 0o755 },
  );
  return { path: `${folder}:/usr/bin:/bin`, builds: () => readFileSync(builds, 'utf8').trim().split('\n') };
}

test('a second checkout of a user builds nothing, with Go or without', () => {
  const HOME = newFolder();
  const go = scriptedGo();
  const run = (checkout: string, PATH: string) =>
    spawnSync(process.execPath, [join(checkout, 'tools/run.ts'), 'jsonnet'], {
      encoding: 'utf8',
      env: { PATH, HOME },
    });
  const first = run(newCheckout(), go.path);
  expect(first).toMatchObject({ status: 0, stderr: expect.stringContaining('built jsonnet') });
  const [built] = readdirSync(join(HOME, '.cache/sightline/tools'));
  expect(first.stdout).toContain(` run as ${join(HOME, '.cache/sightline/tools', built ?? '', 'jsonnet')}\n`);
  for (const path of [go.path, '/usr/bin:/bin']) {
    const checkout = newCheckout();
    expect(run(checkout, path)).toMatchObject({ status: 0, stdout: first.stdout, stderr: '' });
    expect(existsSync(join(checkout, '.cache'))).toBe(false);
  }
  expect(go.builds()).toEqual(['jsonnet']);
});

test('tools are built side by side, the longest first, and one that fails keeps no other from being built', () => {
  const go = scriptedGo(`
if [ "$(wc -l <"$builds")" = 1 ]; then
  for _ in $(seq 600); do [ "$(wc -l <"$builds")" = 1 ] || break; sleep 0.1; done
  if [ "$(wc -l <"$builds")" = 1 ]; then echo alone >>"$builds"; fi
fi
case $PWD in */k6) echo 'no such package' >&2; exit 1 ;; esac
`);
  const cache = newFolder();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'build.ts')], {
    encoding: 'utf8',
    env: { PATH: go.path, SIGHTLINE_CACHE: cache },
  });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/go build in .*\/k6 ended with 1: no such package/),
  });
  const all = table.toSorted(([, one], [, other]) => other.seconds - one.seconds).map(([name]) => name);
  const [longest] = all;
  expect(stderr).toMatch(new RegExp(`^building ${Object.keys(tools[longest ?? 'k6'].programs)[0]},? `));
  expect(go.builds().toSorted()).toEqual(all.toSorted());
  const built = readdirSync(join(cache, 'tools')).map((name) => name.replace(/-[0-9a-f]{12}$/, ''));
  expect(built.toSorted()).toEqual(all.filter((name) => name !== 'k6').toSorted());
  const names = stdout.split('\n').map((line) => line.split(' ')[0]);
  expect(names.filter((name) => name !== '').toSorted()).toEqual(
    programs
      .map(({ program }) => program)
      .filter((name) => name !== 'k6')
      .toSorted(),
  );
});

describe('without Go', () => {
  const runTool = (program: string, env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, [join(root, 'run.ts'), program, '--version'], {
      encoding: 'utf8',
      env: { PATH: '', SIGHTLINE_CACHE: newFolder(), ...env },
    });

  test('a tool says what to install and what does not work without it', () => {
    expect(runTool('promtool', {})).toMatchObject({
      status: 1,
      stderr:
        "promtool can't be built: Go is not on the PATH. Install Go 1.26 or newer (https://go.dev/dl), or put promtool " +
        '3.15.0 on the PATH. Without it no metric is collected and no alert evaluated or tested.\n',
    });
  });

  test('a program on the PATH is used when it is of the right release, and only then', () => {
    const folder = newFolder();
    const put = (release: string) =>
      writeFileSync(join(folder, 'amtool'), `#!/bin/sh\necho 'amtool, version ${release} (branch: HEAD)'\n`, {
        mode: 0o755,
      });
    put('0.28.1');
    expect(runTool('amtool', { PATH: folder })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('0.28.1'),
    });
    put('0.28.10');
    expect(runTool('amtool', { PATH: folder })).toMatchObject({ status: 1, stdout: '' });
  });

  const missing = whyMissing('jsonnet');
  const withJsonnet = missing === undefined ? test : test.skip;
  withJsonnet(
    `a tool that is built already runs${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    async () => {
      const built = await tool('jsonnet');
      const cache = resolve(built, '../../..');
      expect(runTool('jsonnet', { SIGHTLINE_CACHE: cache })).toMatchObject({ status: 0 });
      expect(whyMissing('jsonnet')).toBeUndefined();
    },
    600_000,
  );

  test('an unknown name gets the known ones', () => {
    expect(runTool('grafana', {}).stderr).toMatch(
      /^There is no tool "grafana"\. Known: jsonnet, .*node_exporter, .*\.\n$/,
    );
  });

  test('a Go that is too old is named with what is needed', () => {
    expect(whyNoGo('1.99')).toMatch(/^(the Go on the PATH is 1\.\d+\.\d+, older than 1\.99|Go is not)/);
  });
});
