/** The Secrets of the local overlay: everything generated, nothing committed. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secrets } from '@sightline/kubernetes/secrets.ts';
import { jwtKeysFile, password } from '@sightline/servers/secrets.ts';
import { backupKeysIn } from '../native/backup-settings.ts';
import { type Certificate, certificates } from './certificates.ts';

export interface Secret {
  readonly apiVersion: 'v1';
  readonly kind: 'Secret';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
  };
  readonly type: 'Opaque';
  readonly stringData: Readonly<Record<string, string>>;
}

type Name = keyof typeof secrets;

/** A Secret of the table, with its values. */
export function secretOf(name: Name, stringData: Readonly<Record<string, string>>): Secret {
  const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'sightline' };
  const { namespace } = secrets[name];
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels },
    type: 'Opaque',
    stringData,
  };
}

/**
 * The subject's names of each certificate, as in the cluster; `localhost` is for a port that is forwarded.
 */
const names = {
  elasticsearch: ['DNS:elasticsearch', 'DNS:elasticsearch.todo-api.svc', 'DNS:localhost', 'IP:127.0.0.1'],
  logstash: ['DNS:logstash', 'DNS:logstash.todo-api.svc'],
  filebeat: ['DNS:filebeat'],
} as const;

const tls = ({ authority, certificate, key }: Certificate) => ({
  'ca.crt': authority,
  'tls.crt': certificate,
  'tls.key': key,
});

/**
 * The Secrets, the same at each call: what is generated is kept in `directory`.
 * @throws Error of the file system, or a sentence when there is no openssl
 */
export async function localSecrets(directory: string): Promise<readonly Secret[]> {
  const word = (name: string) => password(directory, name);
  const { elasticsearch, logstash, filebeat } = certificates(join(directory, 'certificates'), names);
  const redis = word('redis');
  const { recipient, identity, signingKey, verificationKeys } = await backupKeysIn(directory);
  const values = {
    'todo-api-database': { url: `postgres://todo:${word('postgresql-owner')}@postgresql:5432/todo` },
    'todo-api-database-service': {
      url: `postgres://todo_api:${word('postgresql-service')}@postgresql:5432/todo`,
    },
    'todo-api-jwt': { 'jwt-keys.json': readFileSync(jwtKeysFile(directory), 'utf8') },
    'todo-api-demo': { password: word('demo') },
    postgresql: {
      'superuser-password': word('postgresql-superuser'),
      'owner-password': word('postgresql-owner'),
      'service-password': word('postgresql-service'),
      'monitor-password': word('postgresql-monitor'),
    },
    // What the local storage takes is anything.
    'backup-storage': { 'access-key-id': 'local', 'secret-access-key': word('backup-storage') },
    'backup-recipient': { recipient },
    'backup-identity': { identity },
    'backup-signing-key': { 'signing-key': signingKey },
    'backup-verification-keys': { 'verification-keys': verificationKeys },
    redis: {
      url: `redis://todo:${redis}@redis:6379`,
      // Nobody but the service, and nothing that a rate limit doesn't need.
      'users.acl': `user default off\nuser todo on >${redis} ~* &* +@all -@admin -@dangerous\n`,
    },
    grafana: { 'admin-password': word('grafana') },
    elasticsearch: { 'elastic-password': word('elasticsearch') },
    'elasticsearch-certificate': tls(elasticsearch),
    'logstash-certificate': tls(logstash),
    'filebeat-certificate': tls(filebeat),
  } as const satisfies Partial<Record<Name, Readonly<Record<string, string>>>>;
  return (Object.keys(values) as (keyof typeof values)[]).map((name) => secretOf(name, values[name]));
}
