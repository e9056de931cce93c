import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { imageName } from '../../workflows/release-of-overlay.ts';
import { repository, run, standIns, temporaryFolder } from './support.ts';

const { version } = JSON.parse(readFileSync(join(checkout, 'app/package.json'), 'utf8')) as {
  version: string;
};

describe('a release', () => {
  test('is one whose tag is the version of the service, on main', async () => {
    using folder = temporaryFolder();
    const { path, commit, git, push } = repository(folder.path);
    commit('Begin', 'app/a.ts');
    push();
    git('tag', `v${version}`);
    const { code, output } = await run('ci/workflows/release.ts', ['check'], {
      cwd: path,
      env: { TAG: `v${version}` },
    });
    expect({ code, output }).toEqual({
      code: 0,
      output: [
        `release=${version}`,
        `name=${imageName}`,
        `image=${imageName}:${version}`,
        `backup_name=${imageName}-backup`,
        `backup_image=${imageName}-backup:${version}`,
        '',
      ].join('\n'),
    });
  });

  test.each([
    ['a tag that is no version', 'vnext', /TAG is "vnext"; a release is tagged v1\.2\.3/],
    ['a tag with a leading zero', 'v01.2.3', /TAG is "v01\.2\.3"/],
    [
      'another version than the service says',
      'v999.0.0',
      /v999\.0\.0 is not the version of app\/package\.json/,
    ],
    ['what is not on main', `v${version}`, /is not on main, where it would have been checked/],
  ])('refuses %s', async (_name, tag, sentence) => {
    using folder = temporaryFolder();
    const { path, commit, git, push } = repository(folder.path);
    commit('Begin', 'app/a.ts');
    push();
    commit('Not pushed', 'app/b.ts');
    git('tag', tag);
    const { code, output } = await run('ci/workflows/release.ts', ['check'], {
      cwd: path,
      env: { TAG: tag },
    });
    expect(code).toBe(1);
    expect(output).toMatch(sentence);
  });

  test('that nobody tagged has no notes', async () => {
    using folder = temporaryFolder();
    const { path, commit } = repository(folder.path);
    commit('Begin', 'app/a.ts');
    const { code, output } = await run('ci/workflows/release.ts', ['notes'], {
      cwd: path,
      env: { TAG: 'v0.1.0' },
    });
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^There is no tag v0\.1\.0 here/),
    });
  });

  test('has notes: what came since the release before, by what it is about', async () => {
    using folder = temporaryFolder();
    const { path, commit, git } = repository(folder.path);
    commit('Older', 'app/src/a.ts');
    git('tag', 'v0.1.0');
    commit('Todos have a colour', 'app/src/a.ts', 'app/src/b.ts', 'alerts/c.libsonnet');
    git('tag', 'v0.2.0-rc.1');
    commit('Tell @somebody of `it` [soon]', 'alerts/runbooks/A.md');
    commit('Filebeat waits longer', 'logging/filebeat/a.yml', 'README.md');
    commit('Nothing at all');
    git('tag', 'v0.2.0');
    const env = { TAG: 'v0.2.0', DIGEST: 'sha256:abc', BACKUP_DIGEST: 'sha256:def' };
    const { code, output } = await run('ci/workflows/release.ts', ['notes'], { cwd: path, env });
    expect({ code, output: output.replaceAll(/\([0-9a-f]{7,}\)/g, '(id)') }).toEqual({
      code: 0,
      output: `${[
        '4 commits since v0.1.0.',
        `- \`${imageName}@sha256:abc\`\n- \`${imageName}-backup@sha256:def\``,
        '## Service\n\n- Todos have a colour (id)',
        '## Alerts and dashboards\n\n- Tell @\u200bsomebody of \\`it\\` \\[soon\\] (id)',
        '## Logs\n\n- Filebeat waits longer (id)',
        '## Everything else\n\n- Nothing at all (id)',
      ].join('\n\n')}\n`,
    });
    const first = await run('ci/workflows/release.ts', ['notes'], { cwd: path, env: { TAG: 'v0.1.0' } });
    expect(first.output).toMatch(/^The first release\./);
  });

  test.each([
    ['new', 'v0.2.0', 'exit 1', 'gh release create v0.2.0 --verify-tag --title v0.2.0 --notes-file notes.md'],
    [
      'of a pre-release',
      'v0.2.0-rc.1',
      'exit 1',
      'gh release create v0.2.0-rc.1 --verify-tag --title v0.2.0-rc.1 --notes-file notes.md --prerelease',
    ],
    ['there already', 'v0.2.0', 'exit 0', 'gh release edit v0.2.0 --notes-file notes.md'],
  ])('is published where it is %s', async (_name, tag, view, call) => {
    using folder = temporaryFolder();
    const { path, calls } = standIns(folder.path, { gh: `case "$*" in 'release view'*) ${view} ;; esac` });
    expect((await run('ci/workflows/publish.sh', [tag, 'notes.md'], { env: { PATH: path } })).code).toBe(0);
    expect(calls().at(-1)).toBe(call);
  });
});

describe('the signature of an image', () => {
  const env = {
    DIGEST: 'sha256:abc',
    BACKUP_DIGEST: 'sha256:def',
    RELEASE: '0.2.0',
    GITHUB_REPOSITORY: 'sightline-example/sightline',
  };

  /** Each says what the registry and Sigstore would. */
  async function image(command: string, more: Readonly<Record<string, string>> = {}, cosign = 'exit 0') {
    using folder = temporaryFolder();
    const { path, calls } = standIns(folder.path, { cosign });
    const { code, output } = await run('ci/workflows/image.sh', [command], {
      env: { ...env, ...more, PATH: path },
    });
    return { code, output, calls: calls() };
  }

  test('is of the digest, not of a tag', async () => {
    const { code, calls } = await image('sign');
    expect({ code, calls }).toEqual({ code: 0, calls: [`cosign sign --yes ${imageName}@sha256:abc`] });
  });

  test('is of the packages of whoever has the repository', async () => {
    const { calls } = await image('sign', { GITHUB_REPOSITORY: 'Somebody-Else/todo' });
    expect(calls).toEqual(['cosign sign --yes ghcr.io/somebody-else/todo-api@sha256:abc']);
  });

  test('has to be of this repository’s release workflow for that release, on each image of it', async () => {
    const { code, calls } = await image('verify');
    expect(code).toBe(0);
    const identity =
      '--certificate-identity https://github.com/sightline-example/sightline/.github/workflows/release.yml@refs/tags/v0.2.0';
    expect(calls).toEqual(
      [`${imageName}@sha256:abc`, `${imageName}-backup@sha256:def`].map((signed) =>
        expect.stringMatching(new RegExp(`^cosign verify .*${identity} ${signed}$`)),
      ),
    );
  });

  test.each([
    [
      'nobody of ours signed it',
      'verify',
      {},
      'echo "no matching signatures" >&2; exit 1',
      /no matching signatures/,
    ],
    [
      'nobody of ours signed the image of the backups',
      'verify',
      {},
      'case "$*" in *-backup@*) echo "no matching signatures" >&2; exit 1 ;; esac',
      /no matching signatures/,
    ],
    [
      'it is not known which image the backups have',
      'verify',
      { BACKUP_DIGEST: '' },
      'exit 0',
      /BACKUP_DIGEST/,
    ],
    ['it is not known of which release', 'verify', { RELEASE: '' }, 'exit 0', /RELEASE/],
    ['it is not known which image', 'sign', { DIGEST: '' }, 'exit 0', /DIGEST/],
    ['the digest is a tag', 'sign', { DIGEST: '0.2.0' }, 'exit 0', /begins with sha256:/],
  ])('stops a deployment when %s', async (_name, command, more, cosign, sentence) => {
    const { code, output } = await image(command, more, cosign);
    expect(code).not.toBe(0);
    expect(output).toMatch(sentence);
  });
});

describe('what a night has changed', () => {
  const gh = (open: string) => `case "$*" in 'pr list'*) printf '%s' '${open}' ;; esac`;

  test('becomes a pull request of its own branch', async () => {
    using folder = temporaryFolder();
    const { path: cwd, commit, git, push } = repository(folder.path);
    commit('Begin', 'stack/images.txt');
    push();
    writeFileSync(join(cwd, 'stack/images.txt'), 'newer');
    const { path, calls } = standIns(folder.path, { gh: gh('') });
    const { code, output } = await run('ci/workflows/propose.sh', ['images', 'Newer images'], {
      cwd,
      env: { PATH: path },
    });
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(calls().at(-1)).toContain('gh pr create --head automatic/images --title Newer images');
    expect(git('ls-remote', 'origin', 'refs/heads/automatic/images')).not.toBe('');
    expect(git('log', '-1', '--format=%s %an', 'automatic/images').trim()).toBe(
      'Newer images github-actions[bot]',
    );
    expect(git('rev-parse', 'main')).toBe(git('rev-parse', 'origin/main'));
  });

  test('goes into the pull request that is still open', async () => {
    using folder = temporaryFolder();
    const { path: cwd, commit, push } = repository(folder.path);
    commit('Begin', 'a');
    push();
    writeFileSync(join(cwd, 'a'), 'newer');
    const { path, calls } = standIns(folder.path, { gh: gh('7') });
    expect(
      (await run('ci/workflows/propose.sh', ['images', 'Newer images'], { cwd, env: { PATH: path } })).code,
    ).toBe(0);
    expect(calls().join('\n')).not.toContain('pr create');
  });

  test('that is nothing makes none', async () => {
    using folder = temporaryFolder();
    const { path: cwd, commit } = repository(folder.path);
    commit('Begin', 'a');
    const { path, calls } = standIns(folder.path, { gh: gh('') });
    const { code, output } = await run('ci/workflows/propose.sh', ['images', 'Newer images'], {
      cwd,
      env: { PATH: path },
    });
    expect({ code, output, calls: calls() }).toEqual({
      code: 0,
      output: 'Nothing changed, so there is nothing to propose.\n',
      calls: [],
    });
  });
});
