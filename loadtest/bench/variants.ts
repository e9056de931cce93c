/**
 * The variants that are measured side by side. The first is the service as production runs it; each is a
 * process of its own.
 */
import { createPublicKey, type webcrypto } from 'node:crypto';
import { resolve } from 'node:path';
import type { generateSigningKey } from '@sightline/app/src/sessions/access-tokens.ts';

/** The inputs of all variants: the same database, user and key. */
export interface VariantInputs {
  readonly databaseUrl: string;
  readonly ownerId: string;
  readonly signingKey: ReturnType<typeof generateSigningKey>;
  readonly issuer: string;
  readonly audience: string;
  /** Whether a pooler of transactions stands before the database. */
  readonly isPooled: boolean;
  /** Whether a proxy stands before the variant. */
  readonly isProxied: boolean;
}

export interface Variant {
  readonly name: string;
  /** A description in a few words. */
  readonly about: string;
  /** The program, from the root of the checkout, and its arguments. */
  readonly program: readonly [file: string, ...args: string[]];
  readonly environment: (inputs: VariantInputs) => Readonly<Record<string, string>>;
  /** It says in its log where it listens, as the service does; the others send a message. */
  readonly logsItsPort?: true;
  /** Whether it asks for the access token. */
  readonly authenticates: boolean;
  /** How many times its requests a second of processor time the service should serve: a goal, not a condition. */
  readonly goal?: number;
}

export const subject = 'sightline';

const checkout = resolve(import.meta.dirname, '../..');
export const fileOf = ({ program: [file] }: Variant) => resolve(checkout, file);

/**
 * The service as production runs it, with two exceptions. The limits count each request and refuse none, the
 * highest that the service takes. And a connection serves as many requests as come: autocannon, told to
 * reconnect, takes an answer for that to another request.
 */
const service = ({ databaseUrl, signingKey, issuer, audience, isPooled, isProxied }: VariantInputs) => ({
  NODE_ENV: 'production',
  DATABASE_URL: databaseUrl,
  JWT_KEYS: JSON.stringify({ keys: [signingKey] }),
  JWT_ISSUER: issuer,
  JWT_AUDIENCE: audience,
  PORT: '0',
  MANAGEMENT_PORT: '0',
  RATE_LIMIT_IP: '10000000',
  RATE_LIMIT_USER: '10000000',
  QUOTA_TODOS: '0',
  QUOTA_BYTES: '0',
  MAX_REQUESTS_PER_CONNECTION: '0',
  ...(isPooled && { DATABASE_PIPELINE: 'off' }),
  ...(isProxied && { TRUSTED_PROXY_HOPS: '1' }),
});

const peer = ({ databaseUrl, ownerId, signingKey, issuer, audience, isPooled }: VariantInputs) => ({
  NODE_ENV: 'production',
  DATABASE_URL: databaseUrl,
  OWNER_ID: ownerId,
  JWT_PUBLIC_KEY: createPublicKey({ key: signingKey as webcrypto.JsonWebKey, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' })
    .toString(),
  JWT_ISSUER: issuer,
  JWT_AUDIENCE: audience,
  ...(isPooled && { IS_POOLED: 'yes' }),
});

export const variants: readonly Variant[] = [
  {
    name: subject,
    about: 'this service: logs, metrics, limits, validation, access tokens',
    program: ['app/src/main.ts'],
    logsItsPort: true,
    environment: service,
    authenticates: true,
  },
  {
    name: 'sightline-quiet',
    about: 'this service without logs and metrics',
    program: ['loadtest/bench/micro/telemetry-server.ts', 'off'],
    environment: service,
    authenticates: true,
    goal: 0.85,
  },
  {
    name: 'fastify-pg',
    about: 'Fastify and pg, nothing else',
    program: ['loadtest/bench/peers/fastify-pg.ts'],
    environment: peer,
    authenticates: false,
    goal: 1,
  },
  {
    name: 'fastify-full',
    about: 'Fastify and pg with pino, prom-client, validation, access tokens',
    program: ['loadtest/bench/peers/fastify-full.ts'],
    environment: peer,
    authenticates: true,
    goal: 1.5,
  },
  {
    name: 'http-pg',
    about: 'node:http and pg, prepared statements',
    program: ['loadtest/bench/peers/http-pg.ts'],
    environment: peer,
    authenticates: false,
  },
  {
    name: 'http-pg-pipelined',
    about: 'the same on two pipelined connections: the limit',
    program: ['loadtest/bench/peers/http-pg-pipelined.ts'],
    environment: peer,
    authenticates: false,
  },
  {
    name: 'koa-straight',
    about: 'the packages of this service, nothing tuned',
    program: ['loadtest/bench/peers/koa-straight.ts'],
    environment: peer,
    authenticates: true,
  },
];
