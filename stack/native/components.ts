/** The table of components: what the stack consists of. Everything that runs it is generic. */

import {
  type DatabaseServer,
  databaseServerLaunch,
  databaseServerReady,
  databaseUrl,
  prepareDatabaseServer,
  SERVICE_ROLE,
} from '@sightline/servers/postgresql.ts';
import { jwtKeysFile, password } from '@sightline/servers/secrets.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { backupComponents } from './backup-components.ts';
import type { Component, ComponentTable } from './component.ts';
import { whatToTry } from './demo.ts';
import { logComponents, logsToTry } from './log-components.ts';
import { metricsComponents, metricsToTry } from './metrics-components.ts';
import { pageComponent, pageToTry } from './page-component.ts';
import { forgetTargets, writeTarget } from './scrape-targets.ts';
import { portOf, type Settings } from './settings.ts';

export const databaseServer = (settings: Settings): DatabaseServer => ({
  dataDirectory: pathsIn(settings.stackDirectory).data('postgresql'),
  port: portOf(settings, 'POSTGRES_PORT'),
  superuserPassword: secret(settings, 'postgres-superuser-password'),
  rolePassword: secret(settings, 'postgres-password'),
  servicePassword: secret(settings, 'postgres-service-password'),
});
const secret = (settings: Settings, name: string) => password(pathsIn(settings.stackDirectory).secrets, name);
const jwtKeys = (settings: Settings) => jwtKeysFile(pathsIn(settings.stackDirectory).secrets);
const apiUrl = (settings: Settings) => `http://127.0.0.1:${portOf(settings, 'API_PORT')}`;
const metricsUrl = (settings: Settings) => `http://127.0.0.1:${portOf(settings, 'MANAGEMENT_PORT')}/metrics`;
const onTheDatabase = (settings: Settings) => ({
  NODE_ENV: 'development',
  DATABASE_URL: databaseUrl(databaseServer(settings), 'service'),
});

/**
 * Settings of the API for a stack that is tried. What tries it (load tests, `make verify`, drills) is many
 * clients, each of an address of its own in X-Forwarded-For, so this machine is taken for a proxy and the
 * rate limits stay as they are in production. Nobody waits a minute for the first clean-up. What the
 * environment says is stronger.
 */
const forTrying = {
  TRUSTED_PROXIES: '127.0.0.1,::1',
  MAINTENANCE_INTERVAL_MS: '10000',
};
const fromEnvironment = (defaults: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, process.env[name] || value]));

const components: Component[] = [
  {
    name: 'postgresql',
    kind: 'service',
    group: 'core',
    summary: 'the database; the password of its owner is in secrets/postgres-password',
    dependsOn: [],
    ports: [{ setting: 'POSTGRES_PORT', default: 15_432 }],
    prepare: (settings, signal) => prepareDatabaseServer(databaseServer(settings), signal),
    launch: (settings) => databaseServerLaunch(databaseServer(settings)),
    ready: (settings) => databaseServerReady(databaseServer(settings)),
    restartedBy: 'supervisor',
    startSeconds: 120,
    stopSignal: 'SIGINT',
    stopSeconds: 30,
    essential: true,
  },
  {
    name: 'migrate',
    kind: 'task',
    group: 'core',
    summary: 'brings the database to the schema of this checkout',
    dependsOn: ['postgresql'],
    ports: [],
    launch: (settings) => ({
      command: process.execPath,
      args: ['app/src/database/migrate.ts', 'up'],
      env: {
        ...onTheDatabase(settings),
        DATABASE_URL: databaseUrl(databaseServer(settings)),
        DATABASE_SERVICE_ROLE: SERVICE_ROLE,
      },
    }),
    startSeconds: 120,
    stopSignal: 'SIGTERM',
    stopSeconds: 10,
    essential: true,
  },
  {
    name: 'api',
    kind: 'service',
    group: 'core',
    summary: 'the todo API, described at /docs; /metrics and health on the management port',
    dependsOn: ['migrate'],
    ports: [
      { setting: 'API_PORT', default: 3000 },
      { setting: 'MANAGEMENT_PORT', default: 9464 },
    ],
    address: apiUrl,
    prepare: (settings) =>
      writeTarget(settings, 'todo-api', `127.0.0.1:${portOf(settings, 'MANAGEMENT_PORT')}`),
    launch: (settings) => ({
      command: process.execPath,
      args: ['app/src/main.ts'],
      env: {
        ...onTheDatabase(settings),
        ...fromEnvironment(forTrying),
        HOST: '127.0.0.1',
        PORT: String(portOf(settings, 'API_PORT')),
        MANAGEMENT_HOST: '127.0.0.1',
        MANAGEMENT_PORT: String(portOf(settings, 'MANAGEMENT_PORT')),
        JWT_KEYS_FILE: jwtKeys(settings),
      },
    }),
    ready: (settings) => ({ http: `${apiUrl(settings)}/health/ready` }),
    restartedBy: 'supervisor',
    startSeconds: 120,
    stopSignal: 'SIGTERM',
    stopSeconds: 40,
    essential: true,
  },
  {
    name: 'seed',
    kind: 'task',
    group: 'core',
    summary: 'the demo user with a dozen todos',
    dependsOn: ['api'],
    ports: [],
    launch: (settings) => ({
      command: process.execPath,
      args: ['app/src/seed.ts'],
      env: {
        ...onTheDatabase(settings),
        JWT_KEYS_FILE: jwtKeys(settings),
        DEMO_USER_PASSWORD: secret(settings, 'demo-user-password'),
      },
    }),
    startSeconds: 120,
    stopSignal: 'SIGTERM',
    stopSeconds: 10,
    essential: true,
  },
  ...metricsComponents(apiUrl),
  ...backupComponents(databaseServer),
  ...logComponents,
  pageComponent,
];

export const table: ComponentTable = {
  components,
  beforeStart: forgetTargets,
  usableAlready: (settings, names) =>
    names.has('api')
      ? `The API can be used: ${apiUrl(settings)}/docs; the rest is still starting.`
      : undefined,
  whatToTry: async (settings, names) => {
    const demo = await whatToTry(
      settings,
      names,
      { apiUrl: apiUrl(settings), metricsUrl: metricsUrl(settings) },
      () => secret(settings, 'demo-user-password'),
    );
    return `${demo}${pageToTry(settings, names)}${metricsToTry(settings, names)}${logsToTry(settings, names)}`;
  },
};
