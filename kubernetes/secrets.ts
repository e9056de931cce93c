/** Objects that the manifests refer to and don't hold, because it is secret or comes from elsewhere. */

export interface OutsideObject {
  readonly namespace: 'todo-api' | 'sightline-node-agents';
  /** Each key, and what it holds. */
  readonly keys: Readonly<Record<string, string>>;
  /**
   * The maker of the object. `deployment`: whoever deploys, by External Secrets, or for the local overlay by
   * stack/kubernetes/secrets.ts. `cert-manager`: that, for a Gateway or an Ingress. `elasticsearch`: only a
   * running one can give what is in it.
   */
  readonly madeBy: 'deployment' | 'cert-manager' | 'elasticsearch';
}

const tls = {
  'ca.crt': 'the certificate of the authority that signed it, PEM',
  'tls.crt': 'the certificate, PEM',
  'tls.key': 'its key, PKCS#8',
} as const;

/** Every Secret that a manifest names. */
export const secrets = {
  'todo-api-database': {
    namespace: 'todo-api',
    keys: { url: 'DATABASE_URL of the role that owns the database: for migrations and backups' },
    madeBy: 'deployment',
  },
  'todo-api-database-service': {
    namespace: 'todo-api',
    keys: { url: 'DATABASE_URL of the role that the service logs in as, todo_api' },
    madeBy: 'deployment',
  },
  'todo-api-jwt': { namespace: 'todo-api', keys: { 'jwt-keys.json': 'JWT_KEYS' }, madeBy: 'deployment' },
  'todo-api-demo': {
    namespace: 'todo-api',
    keys: { password: 'the password of demo@sightline.example' },
    madeBy: 'deployment',
  },
  'todo-api-tls': {
    namespace: 'todo-api',
    keys: { 'tls.crt': tls['tls.crt'], 'tls.key': tls['tls.key'] },
    madeBy: 'cert-manager',
  },
  'backup-storage': {
    namespace: 'todo-api',
    keys: {
      'access-key-id':
        'S3_ACCESS_KEY_ID of who may write and remove backups, where the storage knows no roles',
      'secret-access-key': 'S3_SECRET_ACCESS_KEY',
    },
    madeBy: 'deployment',
  },
  'backup-recipient': {
    namespace: 'todo-api',
    keys: { recipient: 'BACKUP_RECIPIENT: public, and of the environment as the identity is' },
    madeBy: 'deployment',
  },
  'backup-identity': {
    namespace: 'todo-api',
    keys: { identity: 'BACKUP_IDENTITY, which reads every backup: for the restore drill only' },
    madeBy: 'deployment',
  },
  'backup-signing-key': {
    namespace: 'todo-api',
    keys: {
      'signing-key':
        'BACKUP_SIGNING_KEY: whoever has it makes backups that are used; an own one for each environment',
    },
    madeBy: 'deployment',
  },
  'backup-verification-keys': {
    namespace: 'todo-api',
    keys: {
      'verification-keys':
        'BACKUP_VERIFICATION_KEYS: public, and whoever changes them says whose backups are used',
    },
    madeBy: 'deployment',
  },
  redis: {
    namespace: 'todo-api',
    keys: { url: 'REDIS_URL', 'users.acl': "Redis's users: the one of that URL" },
    madeBy: 'deployment',
  },
  postgresql: {
    namespace: 'todo-api',
    keys: {
      'superuser-password': 'of the role postgres',
      'owner-password': 'of the role todo, also in todo-api-database',
      'service-password': 'of the role todo_api, also in todo-api-database-service',
      'monitor-password': 'of the role monitor',
    },
    madeBy: 'deployment',
  },
  grafana: {
    namespace: 'todo-api',
    keys: { 'admin-password': 'of the user admin' },
    madeBy: 'deployment',
  },
  elasticsearch: {
    namespace: 'todo-api',
    keys: { 'elastic-password': 'of the user elastic' },
    madeBy: 'deployment',
  },
  'elasticsearch-certificate': { namespace: 'todo-api', keys: tls, madeBy: 'deployment' },
  'logstash-certificate': { namespace: 'todo-api', keys: tls, madeBy: 'deployment' },
  'filebeat-certificate': { namespace: 'sightline-node-agents', keys: tls, madeBy: 'deployment' },
  'log-credentials': {
    namespace: 'todo-api',
    keys: {
      'logstash-api-key': 'id:key of an API key that may write the log lines',
      'kibana-token': "a token of Kibana's service account",
    },
    madeBy: 'elasticsearch',
  },
} as const satisfies Readonly<Record<string, OutsideObject>>;

/** ConfigMaps that whoever deploys makes. */
export const outsideConfigMaps = {
  'rds-authorities': {
    namespace: 'todo-api',
    keys: { 'global-bundle.pem': 'the certificate authorities of RDS, which AWS publishes' },
    madeBy: 'deployment',
  },
} as const satisfies Readonly<Record<string, OutsideObject>>;
