import { describe, expect, test } from '@jest/globals';
import { areas, changedAreas } from '../../workflows/areas.ts';
import { repository, run, temporaryFolder } from './support.ts';

const every = Object.keys(areas);

describe('what a pull request touches', () => {
  test.each([
    ['a runbook', ['alerts/runbooks/TargetDown.md'], ['code']],
    ['a page that nothing tests', ['kubernetes/README.md'], []],
    ['the README, whose commands are run', ['README.md'], ['code']],
    ['a route', ['app/src/todos/routes.ts'], ['code', 'image', 'kubernetes', 'stack']],
    ['a test of the service', ['app/test/config.test.ts'], ['code']],
    ['a variable of Terraform', ['terraform/modules/network/variables.tf'], ['code', 'terraform']],
    ['a panel', ['dashboards/api.libsonnet'], ['code', 'stack', 'dashboards']],
    ['a manifest', ['kubernetes/base/deployment.yaml'], ['code', 'kubernetes']],
    ['a page and a journey of k6', ['docs/README.md', 'loadtest/profiles/load.ts'], ['code', 'stack']],
    ['a program of the backups, whose image is scanned', ['backup/restore.ts'], ['code', 'image']],
    ['a locked package', ['package-lock.json'], every],
    ['a workflow', ['.github/workflows/load.yml'], every],
    ['a setting of the test runner', ['jest.config.js'], every],
    ['a file that nobody thought of', ['new-thing.toml', 'docs/README.md'], every],
    ['nothing', [], []],
  ])('a pull request that touches %s runs the jobs for it', (_name, paths, expected) => {
    expect([...changedAreas(paths)].toSorted()).toEqual(expected.toSorted());
  });

  test('is everything when nobody knows', () => {
    expect([...changedAreas(undefined)]).toEqual(every);
  });

  test('the command prints a line for each area, as GitHub reads outputs', async () => {
    using folder = temporaryFolder();
    const { path: cwd, commit, git } = repository(folder.path);
    commit('Begin', 'README.md');
    git('switch', '--quiet', '--create', 'branch');
    commit('A panel', 'dashboards/api.libsonnet');
    git('switch', '--quiet', 'main');
    commit('Meanwhile, by somebody else', 'terraform/main.tf');
    git('switch', '--quiet', 'branch');
    const { code, output } = await run('ci/workflows/changed-areas.ts', [], { cwd, env: { BASE: 'main' } });
    const changed = ['code', 'stack', 'dashboards'];
    expect({ code, output }).toEqual({
      code: 0,
      output: every.map((area) => `${area}=${changed.includes(area)}\n`).join(''),
    });
    const { output: everything } = await run('ci/workflows/changed-areas.ts', [], { cwd });
    expect(everything).toBe(every.map((area) => `${area}=true\n`).join(''));
  });

  test('a base that Git does not know is a sentence', async () => {
    using folder = temporaryFolder();
    const { path: cwd, commit } = repository(folder.path);
    commit('Begin', 'README.md');
    const { code, output } = await run('ci/workflows/changed-areas.ts', [], {
      cwd,
      env: { BASE: 'no-such-branch' },
    });
    expect(code).toBe(1);
    expect(output).toMatch(/^What was changed since BASE=no-such-branch can't be said: /);
  });
});

describe('the gate', () => {
  test.each([
    ['passes when all jobs passed', 'success success', 'success', 0],
    ['passes when one had nothing to look at', 'success skipped success', 'success', 0],
    ['stays shut when one failed', 'success failure skipped', 'success', 1],
    ['stays shut when one was cancelled', 'success cancelled', 'success', 1],
    ['stays shut when it is not known what had to run', 'skipped skipped', 'failure', 1],
  ])('%s', async (_name, results, changes, expected) => {
    const { code } = await run('ci/workflows/gate.sh', [], { env: { RESULTS: results, CHANGES: changes } });
    expect(code).toBe(expected);
  });
});
