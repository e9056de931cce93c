/** The components that keep and search logs: group `logs`. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { shipperLaunch } from '@sightline/logging/shipper/launch.ts';
import { whyNoElasticsearch } from '@sightline/servers/elasticsearch/distribution.ts';
import {
  type ElasticsearchServer,
  elasticsearchLaunch,
  elasticsearchReady,
  elasticsearchUrl,
  prepareElasticsearch,
} from '@sightline/servers/elasticsearch/server.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import type { Component } from './component.ts';
import { writeTarget } from './scrape-targets.ts';
import { portOf, type Settings } from './settings.ts';

const server = (settings: Settings): ElasticsearchServer => ({
  directory: pathsIn(settings.stackDirectory).data('elasticsearch'),
  port: portOf(settings, 'ELASTICSEARCH_PORT'),
});
const url = (settings: Settings) => elasticsearchUrl(server(settings));

const shipperUrl = (settings: Settings) => `http://127.0.0.1:${portOf(settings, 'LOG_SHIPPER_PORT')}`;
/** The components that log as the contract says. */
const shipped = ['api', 'migrate', 'seed'];

export const logComponents: readonly Component[] = [
  {
    name: 'elasticsearch',
    kind: 'service',
    group: 'logs',
    summary: 'keeps the logs; without passwords, so on loopback only (make search)',
    dependsOn: [],
    ports: [{ setting: 'ELASTICSEARCH_PORT', default: 9200 }],
    address: url,
    needs: whyNoElasticsearch,
    prepare: async (settings, signal, say) => {
      mkdirSync(dirname(server(settings).directory), { recursive: true });
      await prepareElasticsearch(server(settings), { signal, say });
    },
    launch: (settings) => elasticsearchLaunch(server(settings)),
    ready: (settings) => elasticsearchReady(server(settings)),
    restartedBy: 'supervisor',
    // 8 s on an idle machine; its Java takes several times that on one that builds tools meanwhile.
    startSeconds: 240,
    stopSignal: 'SIGTERM',
    stopSeconds: 60,
    essential: false,
  },
  {
    name: 'elasticsearch-bootstrap',
    kind: 'task',
    group: 'logs',
    summary: 'gives Elasticsearch the index template; LOG_RETENTION says how long lines are kept',
    dependsOn: ['elasticsearch'],
    ports: [],
    launch: (settings) => ({
      command: process.execPath,
      args: ['logging/elasticsearch/bootstrap.ts'],
      env: { ELASTICSEARCH_URL: url(settings) },
    }),
    startSeconds: 120,
    stopSignal: 'SIGTERM',
    stopSeconds: 10,
    essential: false,
  },
  {
    name: 'log-shipper',
    kind: 'service',
    group: 'logs',
    summary: 'brings the log lines of the API to Elasticsearch; its /metrics',
    dependsOn: ['elasticsearch-bootstrap'],
    ports: [{ setting: 'LOG_SHIPPER_PORT', default: 9465 }],
    address: shipperUrl,
    prepare: (settings) =>
      writeTarget(settings, 'log-shipper', `127.0.0.1:${portOf(settings, 'LOG_SHIPPER_PORT')}`),
    launch: (settings) => {
      const stateDirectory = pathsIn(settings.stackDirectory).data('log-shipper');
      const { args, env } = shipperLaunch('main.ts', stateDirectory);
      return {
        command: process.execPath,
        args,
        env: {
          ...env,
          ELASTICSEARCH_URL: url(settings),
          SHIPPER_FILES: shipped.map(pathsIn(settings.stackDirectory).log).join(','),
          SHIPPER_STATE_DIRECTORY: stateDirectory,
          SHIPPER_HOST: '127.0.0.1',
          SHIPPER_PORT: String(portOf(settings, 'LOG_SHIPPER_PORT')),
        },
      };
    },
    ready: (settings) => ({ http: `${shipperUrl(settings)}/health` }),
    restartedBy: 'supervisor',
    startSeconds: 120,
    stopSignal: 'SIGTERM',
    stopSeconds: 20,
    essential: false,
  },
];

/** A line on how to search, once Elasticsearch runs. */
export function logsToTry(settings: Settings, names: ReadonlySet<string>): string {
  if (!names.has('elasticsearch')) return '';
  const port = portOf(settings, 'ELASTICSEARCH_PORT');
  const setting = port === 9200 ? '' : ` ELASTICSEARCH_PORT=${port}`;
  return `\nLogs          make search Q='event.action:request' SINCE=15m${setting}\n`;
}
