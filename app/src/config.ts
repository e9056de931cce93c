import {
  address,
  certificates,
  databaseUrl,
  integer,
  oneOf,
  optional,
  port,
  ratio,
  text,
} from '@sightline/settings/kinds.ts';
import {
  type Environment,
  isVariableOf,
  readSettings,
  type Setting,
  SettingsError,
  type ValuesOf,
  withoutUser,
} from '@sightline/settings/setting.ts';
import {
  databaseRole,
  hostNames,
  isLocalServer,
  jwtKeys,
  namedValues,
  origins,
  otlpEndpoint,
  proxyRanges,
  redisUrl,
} from './config-values.ts';
import { logLevels } from './telemetry/log-level.ts';

/** Each is on the page that lists them. */
type Documented = Setting<unknown> & { readonly about: string };

/** In seconds. No token of this service expires later, whatever its instances are set to. */
export const longestAccessTokenSeconds = 86_400;

const settings = {
  NODE_ENV: {
    ...oneOf('development', 'test', 'production'),
    unset: 'development',
    about:
      'Production refuses what is only fit for development: generated signing keys, the demo user and injected faults.',
  },
  LOG_LEVEL: {
    ...oneOf(...logLevels),
    unset: 'info',
    about: 'The least severe level that is logged; the management server changes it while the process runs.',
  },
  LOG_FORMAT: {
    ...oneOf('ecs', 'pretty'),
    unset: 'ecs',
    about:
      '`ecs` writes JSON lines with the field names of the Elastic Common Schema; `pretty` writes for people.',
  },
  LOG_DESTINATION: {
    ...oneOf('stdout', 'elasticsearch'),
    unset: 'stdout',
    about:
      '`elasticsearch` copies what stdout has to a local Elasticsearch as well, without a shipper: for development ' +
      'only, since lines can be missing there after an outage (logging/README.md).',
  },
  ELASTICSEARCH_URL: {
    ...text('http://host:port of this machine'),
    unset: 'http://127.0.0.1:9200',
    about: 'The Elasticsearch of LOG_DESTINATION=elasticsearch, which takes one without credentials.',
  },
  SLOW_REQUEST_MS: {
    ...integer(1, 600_000),
    unset: '1000',
    about: 'A request that takes longer leaves a line that says where its time went.',
  },
  METRICS_FORMAT: {
    ...oneOf('openmetrics', 'prometheus'),
    unset: 'openmetrics',
    about:
      'What `/metrics` answers: `prometheus` is for scrapers that know no OpenMetrics, and has no exemplars.',
  },
  REVISION: {
    ...text('the name of a revision'),
    unset: 'unknown',
    about: 'The commit that this build was made of, for `build_info`; the image sets it.',
  },

  HOST: { ...address, unset: '127.0.0.1', about: 'Address of the API; 0.0.0.0 in a container.' },
  PORT: { ...port, unset: '3000', about: 'Port of the API.' },
  MANAGEMENT_HOST: { ...address, unset: '127.0.0.1', about: 'Address of the management server.' },
  MANAGEMENT_PORT: {
    ...port,
    unset: '9464',
    about:
      'Port of the management server (docs/management.md), kept apart so that it is never exposed with the API.',
  },
  MANAGEMENT_NAMES: {
    ...optional(hostNames),
    about:
      'Names that the management server is asked by, beside `localhost` and its addresses, such as those in a static list ' +
      'of targets. Any other is refused: a web page can point a name of its own at this address.',
  },
  PROFILING: {
    ...oneOf('on', 'off'),
    unset: 'off',
    about:
      'Whether the management server takes CPU profiles and heap snapshots. A heap snapshot holds every secret ' +
      'in memory, and the service stands still while it is taken: turn it on where only operators reach that port.',
  },
  FAULT_INJECTION: {
    ...oneOf('on', 'off'),
    unset: 'off',
    about:
      'Whether the management server can break the service on purpose, for fire drills: failing or slow requests, a ' +
      'blocked event loop, a filled heap; not in production.',
  },
  BODY_LIMIT_BYTES: {
    ...integer(1024, 10_485_760),
    unset: '262144',
    about: 'Largest request body; a larger one gets 413. 256 KiB holds the longest todo many times over.',
  },
  CORS_ORIGINS: {
    ...optional(origins),
    about: 'Origins whose browser pages may call the API; unset means none.',
  },
  DRAIN_DELAY_MS: {
    ...integer(0, 120_000),
    unset: '0',
    about:
      'At SIGTERM, how long to keep accepting while readiness already answers 503, so that load balancers ' +
      'look elsewhere first. About twice their probe interval.',
  },
  SHUTDOWN_GRACE_MS: {
    ...integer(100, 300_000),
    unset: '25000',
    about: 'After the drain delay, how long requests in flight may take before their connections are cut.',
  },

  REQUEST_TIMEOUT_MS: {
    ...integer(50, 600_000),
    unset: '10000',
    about:
      'How long the service may work on a request that has arrived; then the client gets 503. Longer than ' +
      'waiting for a connection and for a statement together, whose 503 says more.',
  },
  HEADERS_TIMEOUT_MS: {
    ...integer(50, 600_000),
    unset: '10000',
    about: 'How long the header of a request may take to arrive; then the client gets 408.',
  },
  RECEIVE_TIMEOUT_MS: {
    ...integer(50, 600_000),
    unset: '30000',
    about: 'How long a whole request, body included, may take to arrive; then the client gets 408.',
  },
  STALL_TIMEOUT_MS: {
    ...integer(50, 600_000),
    unset: '30000',
    about:
      'A connection on which nothing moves for so long during a request, such as an answer nobody reads, is cut.',
  },
  KEEP_ALIVE_TIMEOUT_MS: {
    ...integer(50, 600_000),
    unset: '65000',
    about:
      'How long an unused connection is kept. Longer than the load balancer keeps it (60 s is usual), or it ' +
      'sends requests into connections that close.',
  },
  MAX_REQUESTS_PER_CONNECTION: {
    ...integer(0, 1_000_000),
    unset: '1000',
    about: 'Then the connection closes, so that clients spread over new instances; 0 sets no limit.',
  },
  MAX_CONNECTIONS: {
    ...optional(integer(1, 1_000_000)),
    about:
      'Connections at a time; further ones get 503 unheard. Unset means no limit but that of the system.',
  },
  MAX_HEADER_BYTES: {
    ...integer(1024, 65_536),
    unset: '16384',
    about: 'Largest line and header of a request together; a larger one gets 431.',
  },
  MAX_HEADERS: {
    ...integer(10, 1000),
    unset: '100',
    about: 'Most header fields of a request; more get 431.',
  },

  TRUSTED_PROXIES: {
    ...optional(proxyRanges),
    about:
      'Proxies that are believed whom they have a request from, by their addresses: the subnets of the load balancer. ' +
      'Unset means none: the client is whoever opened the connection. Behind a load balancer set this or ' +
      'TRUSTED_PROXY_HOPS, or all its clients share one limit.',
  },
  TRUSTED_PROXY_HOPS: {
    ...optional(integer(1, 10)),
    about:
      'Instead of TRUSTED_PROXIES, how many proxies each request comes through that append whom they have it from, ' +
      'whatever their addresses are. Right where nothing but the last of them reaches PORT, which a network policy ' +
      'or a security group has to see to. Less than there are is safe, and has clients share a limit; more lets a ' +
      'client name any address.',
  },
  FORWARDED_HEADER: {
    ...oneOf('x-forwarded-for', 'forwarded'),
    unset: 'x-forwarded-for',
    about:
      'The header field that the trusted proxies write: `X-Forwarded-For`, with ports or without, or `Forwarded` ' +
      '(RFC 7239). The other one is ignored: proxies pass it on as the client made it up.',
  },
  RATE_LIMIT_WINDOW_SECONDS: {
    ...integer(1, 3600),
    unset: '60',
    about: 'The window that the limits below count in; a client over one gets 429 until it ends.',
  },
  RATE_LIMIT_IP: {
    ...integer(0, 10_000_000),
    unset: '6000',
    about:
      'Requests of one address in a window, before authentication, an IPv6 network of 64 bits counting as one. ' +
      'Room for an office of some hundred people behind one address; 0 sets no limit, here and below.',
  },
  RATE_LIMIT_USER: {
    ...integer(0, 10_000_000),
    unset: '3000',
    about: 'Requests of one user in a window, from wherever they come.',
  },
  RATE_LIMIT_SESSIONS: {
    ...integer(0, 10_000_000),
    unset: '60',
    about:
      'Log-ins, refreshes and registrations of one address in a window: few enough to slow down guessing, enough ' +
      'for an office whose 500 people each refresh a token every 15 minutes.',
  },
  RATE_LIMIT_PASSWORD: {
    ...integer(0, 10_000_000),
    unset: '10',
    about: 'Requests of one user in a window to routes that ask for the password again.',
  },
  RATE_LIMIT_ACCOUNT: {
    ...integer(0, 10_000_000),
    unset: '50',
    about:
      'Wrong passwords for one account in its window, from all networks together that its owner has not logged in ' +
      'from lately. They never keep out an owner who comes from where they logged in before.',
  },
  RATE_LIMIT_ACCOUNT_NETWORK: {
    ...integer(0, 10_000_000),
    unset: '20',
    about:
      'Wrong passwords for one account from one network in its window. More than log-ins can be in progress at once ' +
      '(ARGON2_CONCURRENCY and ARGON2_QUEUE), since each counts until its password is found right.',
  },
  RATE_LIMIT_ACCOUNT_WINDOW_SECONDS: {
    ...integer(1, 86_400),
    unset: '3600',
    about:
      'The window that wrong passwords of an account are counted in; who is over a limit gets 429 until it ends.',
  },
  KNOWN_NETWORK_DAYS: {
    ...integer(1, 3650),
    unset: '90',
    about: 'How long a network is remembered that a user has logged in from.',
  },
  RATE_LIMIT_TRACES: {
    ...integer(0, 10_000_000),
    unset: '60',
    about:
      'Requests of one address in a window that are recorded because their `traceparent` says so (TRACE_CONTEXT); more go ' +
      'unrecorded, and are answered all the same. Counted by each instance. Higher for a gateway that decides for all.',
  },
  REDIS_URL: {
    ...optional(redisUrl),
    secret: true,
    about:
      'Redis that the limits are counted in, shared by all instances. Unset, or while it is away: each instance ' +
      'counts in its own memory.',
  },

  DATABASE_URL: { ...databaseUrl, secret: true, about: 'The PostgreSQL database.' },
  DATABASE_SERVICE_ROLE: {
    ...optional(databaseRole),
    about:
      'For `node app/src/database/migrate.ts`, whose own DATABASE_URL is of the role that owns the schema: the role ' +
      'that the service logs in as. It is given what the service needs, and can neither change the audit nor alter ' +
      'anything. Unset: one role for both, and the service says at its start that its role owns the schema.',
  },
  DATABASE_TLS: {
    ...oneOf('disable', 'require', 'verify-full'),
    unset: 'disable',
    about: '`require` encrypts without checking who answers; `verify-full` also checks certificate and name.',
  },
  DATABASE_TLS_CA_FILE: {
    ...optional(certificates),
    about: 'Certificate authorities for `verify-full`; unset means those Node.js ships.',
  },
  DATABASE_AUTHENTICATION: {
    ...oneOf('password', 'iam'),
    unset: 'password',
    about:
      '`iam` logs in to RDS by a token of IAM, made anew for each connection with the credentials that the machine or ' +
      'pod has of AWS, and sent only to a server whose certificate and name were checked (terraform/README.md).',
  },
  AWS_REGION: {
    ...optional(text('the name of a region, such as eu-central-1')),
    about:
      'The region of the database, for DATABASE_AUTHENTICATION=iam; EKS sets it in pods that have a role.',
  },
  DATABASE_POOL_MAX: {
    ...integer(1, 200),
    unset: '10',
    about:
      'Most connections this instance opens. From 4 on, 2 of them take short statements without waiting.',
  },
  DATABASE_PIPELINE: {
    ...oneOf('on', 'off'),
    unset: 'on',
    about:
      'The fast path of short statements. `off` behind PgBouncer in transaction mode or RDS Proxy: no statement is ' +
      'named then, no connection starts with options, and each transaction sets what it needs itself, at the price of ' +
      'two round trips a statement. Migrations always connect as with `on`: give them the address of PostgreSQL itself.',
  },
  DATABASE_CONNECT_TIMEOUT_MS: {
    ...integer(100, 60_000),
    unset: '2000',
    about: 'How long a request may wait for a connection, new or from the pool, before it gets 503.',
  },
  DATABASE_STATEMENT_TIMEOUT_MS: {
    ...integer(10, 600_000),
    unset: '5000',
    about: 'PostgreSQL cancels a longer statement; half a second later the client stops waiting as well.',
  },
  DATABASE_IDLE_TIMEOUT_MS: {
    ...integer(1000, 3_600_000),
    unset: '30000',
    about: 'Unused connections are closed after this; PostgreSQL ends transactions idle for as long.',
  },
  DATABASE_PROBE_INTERVAL_MS: {
    ...integer(100, 60_000),
    unset: '5000',
    about: 'How often the health checks look at the database.',
  },

  QUOTA_TODOS: {
    ...integer(0, 2_000_000_000),
    unset: '100000',
    about:
      'Todos that a user may have, deleted ones included; one more gets 409. 0 sets no limit, here and below.',
  },
  QUOTA_BYTES: {
    ...integer(0, 1_000_000_000_000),
    unset: '104857600',
    about:
      'Bytes of text (UTF-8 of titles, descriptions and labels) that a user may have in todos, deleted ones included.',
  },

  IDEMPOTENCY_HOURS: {
    ...integer(1, 720),
    unset: '24',
    about: 'How long the answer to a request with an Idempotency-Key is kept, to be given again.',
  },
  // Not longer, since the age is told by UUIDv7s, which know no time before 1970.
  AUDIT_RETENTION_DAYS: {
    ...integer(1, 18_250),
    unset: '365',
    about:
      'How long the events of todos are kept. Where the service has a role of its own, the migration has to be given ' +
      'the same: its role owns the events, and lets the service remove none that are younger.',
  },
  MAINTENANCE_INTERVAL_MS: {
    ...integer(50, 3_600_000),
    unset: '60000',
    about: 'How often one of the instances removes what has been kept long enough.',
  },

  JWT_KEYS: {
    ...optional(jwtKeys),
    secret: true,
    about:
      'Keys of the access tokens. To rotate: add the new key at the end, then move it to the front, and drop ' +
      'the old one when its last token has expired. Unset: a key is made at each start; not in production.',
  },
  JWT_ISSUER: {
    ...text('a URL or name'),
    unset: 'https://sightline.example',
    about: 'Claim `iss` of access tokens.',
  },
  JWT_AUDIENCE: {
    ...text('a URL or name'),
    unset: 'https://sightline.example/v1',
    about: 'Claim `aud` of access tokens.',
  },
  ACCESS_TOKEN_SECONDS: {
    ...integer(1, longestAccessTokenSeconds),
    unset: '900',
    about: 'Lifetime of an access token.',
  },
  SESSION_DAYS: {
    ...integer(1, 3650),
    unset: '30',
    about:
      'Lifetime of a session: after it a user has to log in again, however often the session was refreshed.',
  },
  REFRESH_TOKEN_DAYS: {
    ...integer(1, 3650),
    unset: '7',
    about:
      'How long a session may lie idle: a refresh token expires after this, and never later than its session.',
  },
  SESSIONS_PER_USER: {
    ...integer(2, 1000),
    unset: '50',
    about:
      'Most sessions that a user may have at once. A log-in over it ends the session that was begun longest ago.',
  },
  ARGON2_MEMORY_KIB: {
    ...integer(8, 1_048_576),
    unset: '19456',
    about:
      'Memory of one argon2id password hash. This and the next default are of the OWASP Password Storage ' +
      'Cheat Sheet (19 MiB, 2 iterations, 1 degree of parallelism).',
  },
  ARGON2_ITERATIONS: { ...integer(1, 100), unset: '2', about: 'Iterations of one argon2id password hash.' },
  ARGON2_CONCURRENCY: {
    ...integer(1, 128),
    unset: '1',
    about:
      'Most password hashes computed at once. Each keeps a core busy and takes one of the threads of ' +
      'UV_THREADPOOL_SIZE, so it must be less than those; leave a core to everything else.',
  },
  ARGON2_QUEUE: {
    ...integer(0, 10_000),
    unset: '16',
    about:
      'Most log-ins and registrations that wait for their hash, shared out evenly by address: an address over its share ' +
      'gets 429, and only when many addresses fill it others get 503. Waiting takes about this many hashes divided by ' +
      'ARGON2_CONCURRENCY.',
  },
  UV_THREADPOOL_SIZE: {
    ...integer(1, 1024),
    unset: '4',
    about:
      'Threads of libuv, which Node.js itself reads from this variable. Password hashes share them with name ' +
      'look-ups, files and the signatures of access tokens, which every request waits for.',
  },

  TRACE_CONTEXT: {
    ...oneOf('parent', 'link'),
    unset: 'parent',
    about:
      'What to do with the `traceparent` of a request: `parent` goes on with the caller’s trace, recorded when the ' +
      'caller says so, within RATE_LIMIT_TRACES. `link` begins a new trace that links to it, which is right where ' +
      'strangers call: what is recorded is none of their business.',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    ...optional(otlpEndpoint),
    about:
      'Collector that spans go to, by OTLP over HTTP with protobuf, at /v1/traces below this address. ' +
      'Unset, as the next one: no span is made.',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    ...optional(otlpEndpoint),
    about: 'The whole address for spans, instead of one made from OTEL_EXPORTER_OTLP_ENDPOINT.',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    ...optional(namedValues),
    secret: true,
    about: 'Headers that the collector asks for, such as `authorization=Bearer%20…`.',
  },
  OTEL_EXPORTER_OTLP_TIMEOUT: {
    ...integer(100, 60_000),
    unset: '5000',
    about:
      'Milliseconds that sending a batch of spans may take, retries included; so long a shutdown waits at most ' +
      'for the last ones.',
  },
  OTEL_BSP_SCHEDULE_DELAY: {
    ...integer(10, 60_000),
    unset: '5000',
    about: 'Milliseconds that a span waits for others to be sent with it.',
  },
  OTEL_BSP_MAX_QUEUE_SIZE: {
    ...integer(1, 8192),
    unset: '2048',
    about: 'Most spans kept until they are sent; further ones are dropped, and counted.',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    ...ratio,
    unset: '0.01',
    about:
      'Share of the traces that begin here to record, chosen by the trace id (parentbased_traceidratio).',
  },
  OTEL_RESOURCE_ATTRIBUTES: {
    ...optional(namedValues),
    about:
      'What else spans say about where they come from, such as `deployment.environment.name=staging`. Name, ' +
      'version and instance of the service are the service’s own.',
  },

  DEMO_USER_PASSWORD: {
    ...optional(text('a password of 12 to 128 characters')),
    secret: true,
    about: 'Password of demo@sightline.example, made by `node app/src/seed.ts`; not in production.',
  },
} satisfies Record<string, Documented>;

/** Every setting of the service by the name of its environment variable, typed, checked and frozen. */
export type Config = ValuesOf<typeof settings>;

const heading = 'The configuration is wrong (docs/configuration.md lists all settings):';

/** Settings that are right one by one but not together: a sentence when wrong, `undefined` when right. */
const rules: readonly ((config: Config) => string | undefined)[] = [
  ({ NODE_ENV, JWT_KEYS }) =>
    NODE_ENV === 'production' && !JWT_KEYS
      ? 'JWT_KEYS is not set; production takes no generated keys, since instances would not share them.'
      : undefined,
  ({ NODE_ENV, DEMO_USER_PASSWORD }) =>
    NODE_ENV === 'production' && DEMO_USER_PASSWORD !== undefined
      ? 'DEMO_USER_PASSWORD is set; production takes no demo user, so unset it.'
      : undefined,
  ({ NODE_ENV, FAULT_INJECTION }) =>
    NODE_ENV === 'production' && FAULT_INJECTION === 'on'
      ? 'FAULT_INJECTION is on; production is not broken on purpose, so turn it off.'
      : undefined,
  ({ NODE_ENV, LOG_DESTINATION }) =>
    NODE_ENV === 'production' && LOG_DESTINATION === 'elasticsearch'
      ? 'LOG_DESTINATION is "elasticsearch", whose copy can lack lines; production writes to stdout, which a ' +
        'shipper reads, so unset it.'
      : undefined,
  // Only then: whoever searches logs elsewhere sets the same variable for that.
  ({ LOG_DESTINATION, ELASTICSEARCH_URL }) =>
    LOG_DESTINATION === 'elasticsearch' && !isLocalServer(ELASTICSEARCH_URL)
      ? `ELASTICSEARCH_URL is ${JSON.stringify(withoutUser(ELASTICSEARCH_URL))}; LOG_DESTINATION=elasticsearch ` +
        'takes http://host:port of this machine, such as http://127.0.0.1:9200, without user and path.'
      : undefined,
  ({ PORT, MANAGEMENT_PORT }) =>
    PORT === MANAGEMENT_PORT && PORT !== 0
      ? `MANAGEMENT_PORT is ${MANAGEMENT_PORT}, which is PORT too; the two servers need a port each.`
      : undefined,
  ({ TRUSTED_PROXIES, TRUSTED_PROXY_HOPS }) =>
    TRUSTED_PROXIES && TRUSTED_PROXY_HOPS !== undefined
      ? 'TRUSTED_PROXY_HOPS is set, and so is TRUSTED_PROXIES; proxies are told by their number or by their ' +
        'addresses, so set one of them.'
      : undefined,
  ({ ARGON2_CONCURRENCY, UV_THREADPOOL_SIZE }) =>
    ARGON2_CONCURRENCY >= UV_THREADPOOL_SIZE
      ? `ARGON2_CONCURRENCY is ${ARGON2_CONCURRENCY}, which leaves none of the ${UV_THREADPOOL_SIZE} threads of ` +
        'UV_THREADPOOL_SIZE for anything but passwords; lower the first or raise the second.'
      : undefined,
  ({ DATABASE_TLS, DATABASE_TLS_CA_FILE }) =>
    DATABASE_TLS_CA_FILE && DATABASE_TLS !== 'verify-full'
      ? `DATABASE_TLS_CA_FILE is set, but DATABASE_TLS is ${DATABASE_TLS}; only verify-full checks against it.`
      : undefined,
  ({ DATABASE_AUTHENTICATION, DATABASE_TLS }) =>
    DATABASE_AUTHENTICATION === 'iam' && DATABASE_TLS !== 'verify-full'
      ? `DATABASE_TLS is ${DATABASE_TLS}; DATABASE_AUTHENTICATION=iam takes verify-full only, or whoever answers gets the token.`
      : undefined,
  ({ DATABASE_AUTHENTICATION, AWS_REGION }) =>
    DATABASE_AUTHENTICATION === 'iam' && AWS_REGION === undefined
      ? 'AWS_REGION is not set; DATABASE_AUTHENTICATION=iam signs for the region of the database, so set it.'
      : undefined,
  ({ DATABASE_AUTHENTICATION, DATABASE_URL }) =>
    DATABASE_AUTHENTICATION === 'iam' && DATABASE_URL.password !== ''
      ? 'DATABASE_URL has a password, which DATABASE_AUTHENTICATION=iam does not use; give postgres://user@host:port/database.'
      : undefined,
  ({ HEADERS_TIMEOUT_MS, RECEIVE_TIMEOUT_MS }) =>
    HEADERS_TIMEOUT_MS > RECEIVE_TIMEOUT_MS
      ? `HEADERS_TIMEOUT_MS is ${HEADERS_TIMEOUT_MS}, more than RECEIVE_TIMEOUT_MS (${RECEIVE_TIMEOUT_MS}), which holds for header and body together.`
      : undefined,
  ({ STALL_TIMEOUT_MS, REQUEST_TIMEOUT_MS }) =>
    STALL_TIMEOUT_MS <= REQUEST_TIMEOUT_MS
      ? `STALL_TIMEOUT_MS is ${STALL_TIMEOUT_MS}; it must be more than REQUEST_TIMEOUT_MS (${REQUEST_TIMEOUT_MS}), or connections are cut while the service works.`
      : undefined,
];

/** The error of settings that are wrong, a sentence each. */
export const configError = (...problems: readonly string[]) => new SettingsError(problems, heading);

/** Whether the service reads this variable. */
export const isSetting = (variable: string): boolean => isVariableOf(settings, variable);

/**
 * Reads the configuration.
 * @throws SettingsError that names every wrong setting, what it got (never a secret) and what it takes
 */
export const readConfig = (environment: Environment = process.env): Config =>
  readSettings(settings, environment, { rules, heading });

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  const rows = Object.entries<Documented>(settings).map(([name, { takes, unset, about, secret }]) => {
    const fallback = unset === undefined ? '' : `\`${unset}\``;
    return `| \`${name}\`${secret ? ' (secret)' : ''} | ${takes} | ${fallback} | ${about} |`;
  });
  return `# Configuration

Generated from \`app/src/config.ts\` by \`make generate\`; change it there.

The service reads environment variables, once, at its start. A wrong one stops it with a line that names the
variable, what it got and what it takes; an empty one counts as unset. A secret can also be given as a file:
\`NAME_FILE\` is the path of a file that holds the value of \`NAME\`.

| Variable | Takes | When unset | What it is for |
|---|---|---|---|
${rows.join('\n')}
`;
}
