/** The stack of containers that runs here. */
import { spawnSync } from 'node:child_process';
import { waitFor } from '@sightline/servers/readiness.ts';
import { composeInBackground, type ServiceState, statesOf } from '@sightline/stack/compose/compose.ts';
import { elasticsearchOf } from '@sightline/stack/compose/elasticsearch.ts';
import { type ComposeService, readServices } from '@sightline/stack/compose/file.ts';
import { readRecord } from '@sightline/stack/compose/record.ts';
import { conditionOf } from '@sightline/stack/compose/report.ts';
import { projectOf } from '@sightline/stack/compose/settings.ts';
import { type AccessLog, requestsIn } from './access-log.ts';
import type { Stack } from './stack.ts';

const restartSeconds = 90;
const maxLogBytes = 256 * 1024 * 1024;

/** Instances of the API: the services that publish a management port. */
const isInstance = ({ ports }: ComposeService) =>
  ports.some(({ setting }) => setting.startsWith('MANAGEMENT_PORT'));

/** Undefined when none runs. */
export function stackInDocker(directory: string): Stack | undefined {
  const record = readRecord(directory);
  if (record === undefined) return undefined;
  const settings = { stackDirectory: directory, project: projectOf(directory), ports: record.ports };
  const services = readServices().filter(({ name }) => record.services.includes(name));
  const states = statesOf(settings);
  const condition = (name: string) => {
    const service = services.find((each) => each.name === name);
    const state = states.find((each) => each.name === name);
    return service === undefined || state === undefined ? 'not there' : conditionOf(service, state);
  };
  const at = (setting: string) => `http://127.0.0.1:${record.ports[setting]}`;
  const instances = services.filter(isInstance);
  const containers = states.filter(({ name }) => instances.some((instance) => instance.name === name));
  return {
    apiUrl: at('API_PORT'),
    clientsUrl: at('API_TEST_PORT'),
    metricsUrls: instances.flatMap(({ ports }) => ports.map(({ setting }) => at(setting))),
    prometheusUrl: condition('prometheus') === 'ready' ? at('PROMETHEUS_PORT') : undefined,
    elasticsearch: condition('elasticsearch') === 'ready' ? elasticsearchOf(directory) : undefined,
    local: {
      components: () => ({
        up: `${services.length} services up`,
        faults: services.flatMap(({ name }) =>
          ['ready', 'done'].includes(condition(name))
            ? []
            : [`${name} is ${condition(name)}: see make status.`],
        ),
      }),
      conditionOf: condition,
      log: logOfContainers(containers),
      restartApi: async (signal) => {
        const [first] = instances;
        if (first === undefined) throw new Error('No instance of the API runs.');
        await composeInBackground(settings, record.services, ['restart', first.name], signal);
        const isBack = () => {
          const state = statesOf(settings).find(({ name }) => name === first.name);
          return state !== undefined && conditionOf(first, state) === 'ready';
        };
        await waitFor(isBack, restartSeconds, `${first.name} did not come back`, signal);
      },
    },
    directory,
  };
}

/** The access log that containers printed; places in it are in milliseconds since 1970. */
function logOfContainers(containers: readonly ServiceState[]): AccessLog {
  return {
    end: () => Date.now(),
    requestsSince: (place) =>
      containers.flatMap(({ container }) => {
        // A little more, since Docker's clock is read a moment after the service's.
        const since = new Date(place - 1000).toISOString();
        const { stdout } = spawnSync('docker', ['logs', '--since', since, container], {
          encoding: 'utf8',
          maxBuffer: maxLogBytes,
        });
        return requestsIn(stdout).filter(({ at }) => at >= place);
      }),
  };
}
