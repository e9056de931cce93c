/** Rules that our programs understand the environment they are given, and listen where the manifests say. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, isSetting, readConfig } from '@sightline/app/src/config.ts';
import { settings as backupSettings, readSettings, settingsOf } from '@sightline/backup/settings.ts';
import { readCatcherSettings } from '@sightline/monitoring/webhook/settings.ts';
import { isVariableOf } from '@sightline/settings/setting.ts';
import {
  type Container,
  containersOf,
  environmentOf,
  type KubernetesObject,
  nameOf,
  type Workload,
  workloads,
} from '../objects.ts';
import type { Rule } from './rule.ts';

const ourImages = ['ghcr.io/sightline-example/todo-api', 'ghcr.io/sightline-example/todo-api-backup'];

type Environment = Readonly<Record<string, string | undefined>>;

/** A program of one of the images: what it reads, and what of that has to agree with the manifest. */
interface Program {
  readonly knows: (variable: string) => boolean;
  /** Reads the environment: where the program listens. Throws the error that would end it. */
  readonly listens: (environment: Environment) => readonly { port: string; number: number; host: string }[];
}

const service: Program = {
  knows: isSetting,
  listens(environment) {
    const config: Config = readConfig(environment);
    return [
      { port: 'http', number: config.PORT, host: config.HOST },
      { port: 'management', number: config.MANAGEMENT_PORT, host: config.MANAGEMENT_HOST },
    ];
  },
};
/** It reads the same settings and listens nowhere. */
const command: Program = {
  knows: isSetting,
  listens(environment) {
    readConfig(environment);
    return [];
  },
};

/** A program of backup/. The address of its metrics is another program's, and is known all the same. */
const backup = (name: keyof typeof settingsOf): Program => ({
  knows: (variable) => isVariableOf(backupSettings, variable),
  listens(environment) {
    readSettings(environment, settingsOf[name]);
    if (name !== 'exporter') return [];
    const { EXPORTER_HOST: host, EXPORTER_PORT: number } = readSettings(environment, settingsOf.exporter);
    return [{ port: 'metrics', number, host }];
  },
});

/** Programs by the file that Node.js runs, the first argument; the image's own is the service. */
const programs: Readonly<Record<string, Program>> = {
  'app/src/main.ts': service,
  'app/src/database/migrate.ts': command,
  'app/src/seed.ts': command,
  'backup/backup.ts': backup('backup'),
  'backup/restore-drill.ts': backup('restore-drill'),
  'backup/restore.ts': backup('restore'),
  'backup/exporter.ts': backup('exporter'),
  'monitoring/webhook/main.ts': {
    knows: (variable) => /^(WEBHOOK_(HOST|PORT|FILE|KEEP)|WATCHDOG_SILENCE_SECONDS)$/.test(variable),
    listens(environment) {
      const { host, port } = readCatcherSettings({ ...environment });
      return [{ port: 'http', number: port, host }];
    },
  },
};

const sampleKey = generateKeyPairSync('ed25519');
const signingSamples: Environment = {
  BACKUP_SIGNING_KEY_FILE: sampleKey.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  BACKUP_VERIFICATION_KEYS_FILE: sampleKey.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
};

/** A sample of the file that a variable of this environment names. */
function sampleOf(variable: string, { DATABASE_AUTHENTICATION: authentication }: Environment): string {
  if (variable === 'JWT_KEYS_FILE') {
    const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    return JSON.stringify({ keys: [{ ...key, kid: 'sample', alg: 'EdDSA', use: 'sig' }] });
  }
  const samples: Environment = {
    DATABASE_URL_FILE: `postgres://todo${authentication === 'iam' ? '' : ':sample'}@postgresql:5432/todo`,
    REDIS_URL_FILE: 'redis://todo:sample@redis:6379',
    DATABASE_TLS_CA_FILE: '-----BEGIN CERTIFICATE-----',
    DEMO_USER_PASSWORD_FILE: 'sample-password',
    BACKUP_RECIPIENT_FILE: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
    S3_ACCESS_KEY_ID_FILE: 'sample',
    S3_SECRET_ACCESS_KEY_FILE: 'sample',
    BACKUP_IDENTITY_FILE: 'AGE-SECRET-KEY-SAMPLE',
    ...signingSamples,
  };
  return samples[variable] ?? '';
}

/** Runs something with the files that its variables name in a temporary folder, each with a sample in it. */
function withSamples<Result>(environment: Environment, run: (environment: Environment) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-manifests-'));
  try {
    const files = Object.keys(environment)
      .filter((name) => /_FILE$/.test(name) && sampleOf(name, environment) !== '')
      .map((name) => {
        const file = join(folder, name);
        writeFileSync(file, sampleOf(name, environment), { mode: 0o600 });
        return [name, file] as const;
      });
    return run({ ...environment, ...Object.fromEntries(files) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function look(
  objects: readonly KubernetesObject[],
  workload: Workload,
  container: Container,
): readonly string[] {
  const [file = 'app/src/main.ts'] = container.args ?? [];
  const program = programs[file];
  if (program === undefined) return [`runs ${file}, which is no program of the image`];
  const environment = Object.fromEntries(environmentOf(objects, workload, container));
  const unknown = Object.keys(environment).filter((name) => !program.knows(name));
  const ports = new Map(container.ports?.map(({ name, containerPort }) => [name, containerPort]));
  try {
    const listens = withSamples(environment, program.listens);
    return [
      ...unknown.map((name) => `is given ${name}, which ${file} does not know`),
      ...listens
        .filter(({ port, number }) => ports.get(port) !== number)
        .map(
          ({ port, number }) => `says that its port ${port} is ${ports.get(port)}, and listens at ${number}`,
        ),
      ...listens
        .filter(({ host }) => host !== '0.0.0.0')
        .map(({ port }) => `listens for ${port} on loopback only`),
      ...[...ports.keys()]
        .filter((name) => !listens.some(({ port }) => port === name))
        .map((name) => `has a port ${name}, where nothing listens`),
    ];
  } catch (error) {
    return [`would not start: ${(error as Error).message}`];
  }
}

const api = { of: 'production', kind: 'Deployment', name: 'todo-api' } as const;
const settings = { of: 'production', kind: 'ConfigMap', name: 'todo-api' } as const;
const container = '/spec/template/spec/containers/0';

export const configurationRules: readonly Rule[] = [
  {
    name: 'each program of the image knows its variables, starts with them, and listens at the ports of its container',
    check: (objects) =>
      workloads(objects).flatMap((workload) =>
        containersOf(workload)
          .filter(({ image }) => ourImages.includes(image.replace(/(:[^:/]*)?(@.*)?$/, '')))
          .flatMap((each) =>
            look(objects, workload, each).map(
              (wrong) => `${nameOf(workload)}: the container ${each.name} ${wrong}`,
            ),
          ),
      ),
    bad: [
      { ...settings, says: 'an unknown variable', path: '/data/DRAIN_DELAY', value: '5' },
      { ...settings, says: 'a wrong value', path: '/data/DRAIN_DELAY_MS', value: '5s' },
      { ...settings, says: 'another port', path: '/data/MANAGEMENT_PORT', value: '9465' },
      { ...settings, says: 'loopback', path: '/data/HOST' },
      ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].map((network) => ({
        of: 'local' as const,
        kind: 'ConfigMap',
        name: 'todo-api',
        says: `proxies anywhere in ${network}`,
        path: '/data/TRUSTED_PROXIES',
        value: network,
      })),
      {
        ...settings,
        says: 'an authority that nothing is checked against',
        path: '/data/DATABASE_TLS',
        value: 'require',
      },
      {
        of: 'rds-iam',
        kind: 'Job',
        name: 'todo-api-migrate',
        says: 'a token of IAM for no region',
        path: `${container}/env/AWS_REGION`,
      },
      { ...api, says: 'no signing keys', path: `${container}/env/JWT_KEYS_FILE` },
      { ...api, says: 'another container port', path: `${container}/ports/http/containerPort`, value: 8080 },
      {
        ...api,
        says: 'a port where nothing listens',
        path: `${container}/ports/-`,
        value: { name: 'debug', containerPort: 9229 },
      },
      {
        of: 'production',
        kind: 'Job',
        name: 'todo-api-migrate',
        says: 'an unknown program',
        path: `${container}/args/0`,
        value: 'migrate.ts',
      },
      {
        of: 'local',
        kind: 'Deployment',
        name: 'alert-webhook',
        says: 'an unknown variable of the webhook',
        path: `${container}/env/-`,
        value: { name: 'WEBHOOK_PATH', value: '/' },
      },
      {
        of: 'production',
        kind: 'CronJob',
        name: 'backup',
        says: 'a restore drill without the identity',
        path: '/spec/jobTemplate/spec/template/spec/containers/0/args/0',
        value: 'backup/restore-drill.ts',
      },
      {
        of: 'local',
        kind: 'Job',
        name: 'todo-api-seed',
        says: 'a demo user in production',
        path: `${container}/env/-`,
        value: { name: 'NODE_ENV', value: 'production' },
      },
    ],
  },
];
