/** stack/compose.yaml against what it refers to: files, settings, images, ports, jobs. What it runs is tried by `make test-compose`. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isSetting } from '@sightline/app/src/config.ts';
import { prometheusFlags } from '@sightline/monitoring/prometheus/configuration.ts';
import { jobs, probes } from '@sightline/monitoring/prometheus/jobs.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { readImages } from '@sightline/tools/images.ts';
import { tool, whyMissing } from '@sightline/tools/tools.ts';
import { parse } from 'yaml';
import { alertingFiles, writeAlerting } from '../compose/alerting.ts';
import { fewMaps, littleMemory } from '../compose/before-start.ts';
import { composeFile, readRawFile, readServices } from '../compose/file.ts';
import { nativePage, withLinks } from '../compose/rules.ts';
import { mountedSecrets, passwordHash, writeSecrets } from '../compose/secrets.ts';
import { projectOf, readComposeSettings, selectServices } from '../compose/settings.ts';
import { whatToTry } from '../compose/try.ts';
import { table } from '../native/components.ts';

const raw = readRawFile();
const services = readServices();
const inFile = (path: string) => resolve(checkout, 'stack', path);
const names = (table: object) => Object.keys(table).toSorted();
const readme = readFileSync(join(checkout, 'stack/compose/README.md'), 'utf8');

const sourceOf = (entry: string | { source: string }) => (typeof entry === 'string' ? entry : entry.source);
const networksOf = ({ networks = [] }: { networks?: readonly string[] | object }) =>
  Array.isArray(networks) ? (networks as string[]) : Object.keys(networks);
const aliasesOf = (name: string, network: string) => {
  const { networks } = raw.services[name] ?? {};
  const own =
    networks !== undefined && !Array.isArray(networks) ? networks[network as keyof typeof networks] : null;
  return [name, ...((own as { aliases?: string[] } | null)?.aliases ?? [])];
};

/** The one thing of each kind that is not as everywhere, and why. */
const exceptions = {
  withoutHealthcheck: {
    'restore-drill': 'it waits for a week between two drills, and its exporter tells how they ended',
    jaeger: 'its image has no program that could ask',
  },
  asRoot: {
    filebeat: 'Docker writes the logs of containers for root only',
    'docker-proxy': "Docker's socket is root's",
    'log-setup': 'a new volume belongs to root',
    backups: 'a new volume belongs to root',
    'restore-drill': 'a new volume belongs to root',
    'backup-exporter': 'what it reads belongs to root',
  },
} as const;

/** A source of ours and all that it imports at run time, from the root of the checkout. */
function withImports(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = readFileSync(join(checkout, file), 'utf8');
  for (const [, path = ''] of source.matchAll(/^(?:import|export) (?!type )[^;']*'(\.[^']+)';/gm))
    withImports(join(dirname(file), path), seen);
  return seen;
}

describe('stack/compose.yaml', () => {
  test.each(
    Object.entries(raw.services).flatMap(([name, { command }]) => {
      const [program, file] = Array.isArray(command) ? (command as string[]) : [];
      return program === 'node' && file ? [[name, file] as const] : [];
    }),
  )('mounts all that the program of %s imports', (name, file) => {
    const mounted = (raw.services[name]?.volumes ?? []).map((entry) =>
      relative(checkout, inFile(sourceOf(entry))),
    );
    const isThere = (path: string) =>
      mounted.some((folder) => path === folder || path.startsWith(`${folder}/`));
    expect([...withImports(file)].filter((path) => !isThere(path))).toEqual([]);
  });

  test.each(Object.entries({ ...raw.configs }))(
    'mounts a file that is there as the configuration %s',
    (_, { file }) => {
      const path = /^\$\{\w+:-(.+)\}$/.exec(file)?.[1] ?? file;
      expect(existsSync(inFile(path))).toBe(true);
    },
  );

  test('binds folders of the checkout that are there, read-only, and of the machine only what its exceptions name', () => {
    const binds = services.flatMap(({ name, raw: { volumes = [] } }) =>
      volumes.flatMap((volume) =>
        typeof volume === 'string' || volume.type !== 'bind' ? [] : [{ name, ...volume }],
      ),
    );
    const ofMachine = binds.filter(({ source }) => !source.startsWith('..'));
    const shown = ofMachine.map(({ name, source }) => `${name} ${source.replace(/[${}]/g, '')}`);
    expect(shown.toSorted()).toEqual([
      'docker-proxy DOCKER_SOCKET:-/var/run/docker.sock',
      'filebeat DOCKER_CONTAINERS:-/var/lib/docker/containers',
      'node-exporter /',
    ]);
    expect(binds.filter((bind) => !('read_only' in bind))).toEqual([]);
    // Docker would make an empty folder in place of what is missing.
    for (const bind of binds) expect(bind).toMatchObject({ bind: { create_host_path: false } });
    const ofCheckout = binds.filter(({ source }) => source.startsWith('..')).map(({ source }) => source);
    expect(ofCheckout.filter((source) => !existsSync(inFile(source)))).toEqual([]);
  });

  test('declares no configuration, secret, volume or network that nothing uses, and uses none that it does not declare', () => {
    const used = (pick: (service: (typeof services)[number]['raw']) => readonly string[]) =>
      [...new Set(services.flatMap((service) => pick(service.raw)))].toSorted();
    expect(used(({ configs = [] }) => configs.map(sourceOf))).toEqual(names(raw.configs));
    expect(used(({ secrets = [] }) => secrets.map(sourceOf))).toEqual(names(raw.secrets));
    expect(used(networksOf)).toEqual(names(raw.networks));
    const volumes = used(({ volumes: own = [] }) =>
      own.flatMap((volume) =>
        typeof volume === 'string'
          ? [volume.split(':')[0] ?? '']
          : volume.type === 'volume'
            ? [volume.source]
            : [],
      ),
    );
    expect(volumes).toEqual(names(raw.volumes));
  });

  test('has its parts called as natively, and traces beside them', () => {
    const native = new Set(table.components.map(({ group }) => group));
    expect([...new Set(services.map(({ group }) => group))].toSorted()).toEqual(
      [...native, 'traces'].toSorted(),
    );
  });

  test('publishes each port on loopback, under the setting and at the port that the native table has for it', () => {
    const native = new Map(
      table.components.flatMap(({ ports }) =>
        ports.map(({ setting, default: port }) => [setting, port] as const),
      ),
    );
    const published = services.flatMap(({ ports }) => ports);
    expect(published.length).toBeGreaterThan(10);
    for (const { setting, default: port } of published)
      if (native.has(setting)) expect([setting, port]).toEqual([setting, native.get(setting)]);
    const shared = published.filter(({ setting }) => native.has(setting)).map(({ setting }) => setting);
    expect(shared.toSorted()).toEqual([
      'ALERTMANAGER_PORT',
      'API_PORT',
      'ELASTICSEARCH_PORT',
      'MANAGEMENT_PORT',
      'POSTGRES_PORT',
      'PROMETHEUS_PORT',
      'WEBHOOK_PORT',
    ]);
  });

  test('sets variables of the service that it has', () => {
    const given = services
      .filter(({ raw: { image } }) => image.includes('API_IMAGE'))
      .filter(({ name }) => name !== 'webhook')
      .flatMap(({ raw: { environment = {} } }) => Object.keys(environment));
    expect(given.length).toBeGreaterThan(10);
    expect(given.filter((name) => !isSetting(name))).toEqual([]);
  });

  test('gives the log-in of who owns the schema to what migrates and backs up, and to nobody else', () => {
    const withSecret = (name: string) =>
      services.filter(({ raw: { secrets = [] } }) => secrets.map(sourceOf).includes(name));
    expect(withSecret('database-url').map(({ name }) => name)).toEqual(['migrate', 'backups']);
    expect(withSecret('database-service-url').map(({ name }) => name)).toEqual(['api-1', 'api-2', 'seed']);
  });

  test('has an instance believe the one proxy before it, and publishes no port that goes around it', () => {
    const instances = services.filter(({ name }) => name.startsWith('api-'));
    expect(instances.length).toBeGreaterThan(1);
    for (const { raw: service, ports } of instances) {
      expect(service.environment).toMatchObject({ TRUSTED_PROXY_HOPS: '1' });
      expect(service.environment).not.toHaveProperty('TRUSTED_PROXIES');
      expect(ports.map(({ setting }) => setting)).toEqual([expect.stringMatching(/^MANAGEMENT_PORT/)]);
    }
  });

  test.each([
    ['logstash', 'logging/logstash/README.md', /^(?!LS_)/],
    ['filebeat', 'logging/filebeat/README.md', /./],
    ['log-setup', 'logging/elasticsearch/README.md', /./],
    ['kibana-import', 'logging/kibana/README.md', /./],
    ['backups', 'backup/README.md', /./],
    ['restore-drill', 'backup/README.md', /./],
  ] as const)('gives %s the variables that %s lists', (service, file, which) => {
    const listed = readFileSync(join(checkout, file), 'utf8');
    const given = Object.keys(raw.services[service]?.environment ?? {}).filter((name) => which.test(name));
    expect(given.length).toBeGreaterThan(2);
    expect(given.filter((name) => !listed.includes(`\`${name}\``))).toEqual([]);
  });

  test('takes each image from images.env, which has none that is used nowhere', () => {
    const images = readImages();
    const used = services.flatMap(
      ({ raw: { image } }) => /^\$\{([A-Z_]+_IMAGE):\?\}$/.exec(image)?.[1] ?? [],
    );
    expect(new Set(used).size).toBeGreaterThan(12);
    expect(used.filter((name) => images[name] === undefined)).toEqual([]);
    const inManifests = readFileSync(
      join(checkout, 'kubernetes/components/images/kustomization.yaml'),
      'utf8',
    );
    const idle = Object.entries(images).filter(
      ([name, { registry, repository }]) =>
        !used.includes(name) && !inManifests.includes(`name: ${registry}/${repository}\n`),
    );
    expect(idle).toEqual([]);
  });

  test.each([
    ['Dockerfile', 'NODE_IMAGE'],
    ['backup/Dockerfile', 'NODE_IMAGE'],
    ['backup/Dockerfile', 'POSTGRES_IMAGE'],
  ])('builds on the base that %s names as %s', (file, variable) => {
    const dockerfile = readFileSync(join(checkout, file), 'utf8');
    const { registry, repository, tag, digest } = readImages()[variable] ?? {};
    const reference = `${registry}/${repository}:${tag}${digest === undefined ? '' : `@${digest}`}`;
    expect(dockerfile).toContain(`ARG ${variable}=${reference}\n`);
  });

  test('has a healthcheck for each that goes on running', () => {
    const without = services.filter(
      ({ isTask, raw: { healthcheck } }) => !isTask && (healthcheck === undefined || healthcheck.disable),
    );
    expect(without.map(({ name }) => name).toSorted()).toEqual(names(exceptions.withoutHealthcheck));
  });

  test('waits for the health of what has a healthcheck, and for the end of what ends', () => {
    const waits = services.flatMap(({ name, raw: { depends_on = {} } }) =>
      Object.entries(depends_on).map(([on, { condition }]) => ({ name, on, condition })),
    );
    expect(waits.length).toBeGreaterThan(10);
    for (const { on, condition } of waits) {
      const isTask = services.find(({ name }) => name === on)?.isTask;
      expect([on, condition]).toEqual([on, isTask ? 'service_completed_successfully' : 'service_healthy']);
    }
  });

  test('takes less than its limit in use, and under 6 GB together but for traces, as the README says', () => {
    const mebibytes = (numbers: readonly number[]) =>
      numbers.reduce((total, number) => total + number, 0) / 2 ** 20;
    const usual = services.filter(({ group }) => group !== 'traces');
    const needed = mebibytes(usual.map((service) => service.needed));
    expect(needed * 2 ** 20).toBeLessThan(6e9);
    for (const { name, memory, needed: own, raw: service } of services) {
      expect([name, own <= memory]).toEqual([name, true]);
      const { known } = service['x-needs'];
      expect(readme).toContain(`| ${name} | ${memory / 2 ** 20} | ${own / 2 ** 20} | ${known} |\n`);
    }
    const limits = mebibytes(usual.map(({ memory }) => memory));
    expect(readme).toContain(`| together, without traces | ${limits} | ${needed} | |\n`);
  });

  test('takes every privilege from every container, and root from all that can do without', () => {
    for (const { name, raw: service } of services)
      expect({ name, ...service }).toMatchObject({
        name,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true', 'label=disable'],
        read_only: true,
      });
    const asRoot = services.filter(({ raw: { user } }) => user === '0:0').map(({ name }) => name);
    expect(asRoot.toSorted()).toEqual(names(exceptions.asRoot));
  });

  test('lets nothing out: networks are internal, but for the one whose containers have ports', () => {
    const open = Object.entries(raw.networks).filter(([, network]) => network?.internal !== true);
    expect(open.map(([name]) => name)).toEqual(['published']);
    for (const { name, ports, raw: service } of services)
      expect([name, networksOf(service).includes('published')]).toEqual([name, ports.length > 0]);
  });

  test('runs each job that Prometheus scrapes under that name, where Prometheus reaches it', () => {
    const hosts = jobs.flatMap(({ compose }) => compose ?? []);
    expect(hosts.length).toBeGreaterThan(6);
    const [exporter = ''] = probes.compose.exporter.split(':');
    for (const host of [...hosts.map((job) => job.host), exporter]) {
      const found = services.filter(({ name }) => aliasesOf(name, 'metrics').includes(host));
      expect([host, found.length]).toEqual([host, host === 'api' ? 2 : 1]);
      for (const { raw: service } of found) expect(networksOf(service)).toContain('metrics');
    }
  });

  test('starts Prometheus with the flags of every environment', () => {
    expect(raw.services['prometheus']?.command).toEqual(expect.arrayContaining([...prometheusFlags]));
  });

  test('names secrets that are made at the first start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-compose-'));
    try {
      await writeSecrets(folder);
      const files = Object.values(raw.secrets).map(({ file }) =>
        file.replace(/^\$\{SECRETS:-[^}]+\}/, mountedSecrets(folder)),
      );
      expect(files.length).toBeGreaterThan(15);
      expect(files.filter((file) => !existsSync(file))).toEqual([]);
      const [user = ''] = readFileSync(
        join(mountedSecrets(folder), 'elasticsearch-users/users'),
        'utf8',
      ).split('\n');
      const before = readFileSync(join(mountedSecrets(folder), 'elasticsearch-passwords/log-reader'), 'utf8');
      expect(user).toMatch(/^log-reader:\{PBKDF2\}10000\$[\w+/]{43}=\$[\w+/]{43}=$/);
      expect(user).not.toContain(before);
      await writeSecrets(folder);
      expect(readFileSync(join(mountedSecrets(folder), 'elasticsearch-passwords/log-reader'), 'utf8')).toBe(
        before,
      );
      expect(passwordHash('a')).not.toBe(passwordHash('a'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("gives Elasticsearch's users roles of their names", () => {
    const roles = parse(
      readFileSync(join(checkout, 'stack/compose/elasticsearch-roles.yml'), 'utf8'),
    ) as object;
    expect(names(roles)).toEqual(['log-monitor', 'log-reader']);
    const datasources = readFileSync(
      join(checkout, 'monitoring/grafana/generated/compose/datasources.yaml'),
      'utf8',
    );
    expect(datasources).toContain('basicAuthUser: log-reader');
    expect(JSON.stringify(raw.services['elasticsearch-exporter']?.command)).toContain(
      'ES_USERNAME=log-monitor',
    );
  });
});

describe('The settings of a stack in Docker', () => {
  const select = (...given: string[]) => selectServices(services, given).map(({ name }) => name);

  test('start all parts but traces when nothing is said', () => {
    const chosen = select();
    expect(chosen).toEqual(expect.arrayContaining(['proxy', 'grafana', 'kibana', 'filebeat']));
    expect(chosen).not.toContain('jaeger');
  });

  test('start a part with all that it depends on', () => {
    expect(select('core')).toEqual(['postgresql', 'redis', 'migrate', 'api-1', 'api-2', 'proxy', 'seed']);
    expect(select('kibana-import')).toEqual(['elasticsearch', 'log-setup', 'kibana', 'kibana-import']);
    expect(select('api')).toEqual(['postgresql', 'redis', 'migrate', 'api-1', 'api-2', 'proxy']);
  });

  test('name what there is when asked for something else', () => {
    expect(() => select('grafanna')).toThrow(
      /There is no component "grafanna"\. Known: postgresql, .*, and the groups core, metrics, logs, backup, traces\./,
    );
  });

  test('say of every wrong port what it takes', () => {
    expect(() => readComposeSettings(services, { API_PORT: 'http', POSTGRES_PORT: '0' })).toThrow(
      'POSTGRES_PORT is "0"; it takes a TCP port from 1 to 65535.\nAPI_PORT is "http"; it takes a TCP port from 1 to 65535.',
    );
    expect(() => readComposeSettings(services, { GRAFANA_PORT: '5601', PROMETHEUS_PORT: '9200' })).toThrow(
      /_PORT and \w+_PORT are both \d+; give one of them another port\.\n\w+_PORT and \w+_PORT are both \d+;/,
    );
  });

  test('keep stacks of two folders apart', () => {
    expect(projectOf('/a')).toMatch(/^sightline-[0-9a-f]{8}$/);
    expect(projectOf('/a')).not.toBe(projectOf('/b'));
  });
});

describe('The links of a stack in Docker', () => {
  const ports = { WEBHOOK_PORT: 19_095, GRAFANA_PORT: 13_001 };

  test.each(['sightline.rules.yaml', 'backup.rules.yaml'])(
    'lead from the alerts of %s to pages that its services show',
    (file) => {
      const rules = readFileSync(join(checkout, 'alerts/generated', file), 'utf8');
      const links = [...withLinks(rules, ports).matchAll(/https?:\/\/[^\s"']+/g)].map(
        ([link]) => new URL(link),
      );
      expect(links.length).toBeGreaterThan(4);
      expect(links.filter(({ origin }) => origin === nativePage)).toEqual([]);
      for (const { port, pathname } of links) {
        const [, folder = '', name = ''] = pathname.split('/');
        const page = { runbooks: `alerts/runbooks/${name}`, d: `dashboards/generated/${name}.json` }[folder];
        expect([pathname, port]).toEqual([pathname, folder === 'runbooks' ? '19095' : '13001']);
        expect([pathname, existsSync(join(checkout, page ?? 'nowhere'))]).toEqual([pathname, true]);
      }
      expect(raw.services['webhook']?.environment).toHaveProperty('WEBHOOK_RUNBOOKS');
    },
  );

  test('say who logs in for what needs it, and where the password is', async () => {
    const settings = { stackDirectory: '/srv/stack', project: 'p', ports: { ...ports, KIBANA_PORT: 5601 } };
    const said = await whatToTry(settings, ['grafana', 'kibana', 'prometheus']);
    expect(said).toMatch(
      /^Dashboards +http:\/\/127\.0\.0\.1:13001\/\n +to follow a link into Explore, log in as admin; the password is in \S+\/grafana\/admin-password$/m,
    );
    expect(said).toMatch(
      /^Log search .*\n +log in as elastic; the password is in \S+\/elasticsearch\/elastic-password$/m,
    );
  });
});

describe('Before a start in Docker', () => {
  test('too few memory maps are an obstacle, with the command that helps', () => {
    expect(fewMaps('65530')[0]).toContain('vm.max_map_count is 65530, and Elasticsearch needs 262144');
    expect(fewMaps('65530')[0]).toContain('sudo sysctl -w vm.max_map_count=262144');
    expect(fewMaps('262144')).toEqual([]);
    // Docker Desktop's kernel is not this one.
    expect(fewMaps(undefined)).toEqual([]);
  });

  const usual = selectServices(services, []);
  test.each([
    [5e9, 'leave logs out: make up COMPONENTS=core,metrics,backup'],
    [2e9, 'leave logs and backup out: make up COMPONENTS=core,metrics'],
    [1.2e9, 'leave metrics and logs and backup out: make up COMPONENTS=core'],
    [5e8, 'start it natively: make up STACK=native (its core alone takes 0.9 GB in Docker)'],
  ])('too little memory is one, with what is needed and what fits into %d bytes', (free, advice) => {
    const [sentence = ''] = littleMemory(usual, free);
    expect(sentence).toMatch(
      /^\d\.\d GB of memory are free, and this takes about 5\.9 GB\. Stop something, /,
    );
    expect(sentence).toContain(`Docker Desktop more, or ${advice}`);
  });

  test('enough memory is none, also for what is asked for beside it', () => {
    expect(littleMemory(usual, 6e9)).toEqual([]);
    expect(littleMemory(services, 5.95e9)[0]).toContain(
      'leave traces out: make up COMPONENTS=core,metrics,logs,backup',
    );
    expect(littleMemory(selectServices(services, ['core']), 1e9)).toEqual([]);
  });
});

const missing = whyMissing('docker-compose');
const withCompose = missing === undefined ? describe : describe.skip;
withCompose(`docker compose${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let program = '';
  let secrets = '';
  beforeAll(async () => {
    program = await tool('docker-compose');
    secrets = mkdtempSync(join(tmpdir(), 'sightline-compose-'));
  }, 600_000);
  afterAll(() => rmSync(secrets, { recursive: true, force: true }));

  const config = (...args: string[]) =>
    spawnSync(
      program,
      [
        `--env-file=${join(checkout, 'images.env')}`,
        `--file=${composeFile}`,
        ...args,
        'config',
        '--format=json',
      ],
      { encoding: 'utf8', env: { PATH: process.env['PATH'], SECRETS: secrets } },
    );

  test.each(['core', 'metrics', 'logs', 'backup', 'traces'])(
    'understands the file with the profile %s',
    (profile) => {
      // With the parts that it depends on.
      const parts = new Set(selectServices(services, [profile]).map(({ group }) => group));
      const { status, stdout, stderr } = config(...[...parts].map((part) => `--profile=${part}`));
      expect([status, stderr]).toEqual([0, '']);
      const expected = services.filter(({ group }) => parts.has(group)).map(({ name }) => name);
      expect(names((JSON.parse(stdout) as { services: object }).services)).toEqual(expected.toSorted());
    },
  );

  test.each([
    ['stays inside for the webhook of the stack', {}, false],
    ['stays inside for an address of the stack', { ALERT_WATCHDOG_URL: 'http://webhook:9095/' }, false],
    ['has a way out to a webhook elsewhere', { ALERT_WEBHOOK_URL: 'https://alerts.example/' }, true],
    ['has a way out to a dead man elsewhere', { ALERT_WATCHDOG_URL: 'https://heartbeat.example/' }, true],
    [
      'has a way out to PagerDuty, with the secret',
      { ALERT_PAGE_TO: 'pagerduty', ALERT_PAGERDUTY_KEY_FILE: join(checkout, 'images.env') },
      true,
    ],
  ] as const)('Alertmanager %s', (_, environment, isOutside) => {
    const stackDirectory = join(secrets, 'stack');
    writeAlerting(stackDirectory, environment);
    const { stdout, stderr } = config(
      `--file=${alertingFiles(stackDirectory).mounts}`,
      '--profile=metrics',
      '--profile=core',
    );
    expect(stderr).toBe('');
    const merged = JSON.parse(stdout) as {
      services: Record<string, { networks: object; volumes: readonly { source: string }[] }>;
      networks: Record<string, { internal?: boolean; driver_opts?: object } | undefined>;
    };
    const { networks = {}, volumes = [] } = merged.services['alertmanager'] ?? {};
    expect(names(networks)).toEqual(
      isOutside ? ['metrics', 'outside', 'published'] : ['metrics', 'published'],
    );
    expect([merged.networks['outside']?.internal, merged.networks['outside']?.driver_opts]).toEqual([
      undefined,
      undefined,
    ]);
    const bound = volumes.map(({ source }) => source).filter((source) => source.startsWith('/'));
    expect(bound).toEqual(
      'ALERT_PAGERDUTY_KEY_FILE' in environment ? [environment.ALERT_PAGERDUTY_KEY_FILE] : [],
    );
  });

  test('says which image is missing without images.env', () => {
    const run = spawnSync(program, [`--file=${composeFile}`, '--profile=core', 'config'], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
    expect(run.status).not.toBe(0);
    expect(run.stderr).toMatch(/required variable [A-Z_]+_IMAGE is missing/);
  });
});
