/** Log lines on their way to Elasticsearch. */
import { appendFileSync } from 'node:fs';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import type { AlertPattern, Drill } from '../drill.ts';
import type { SystemUnderTest } from '../system.ts';

const uses = ['elasticsearch', 'log-shipper'];

/** Alerts that follow when Elasticsearch takes nothing. */
const stuck = ['ElasticsearchDown', 'LogPipelineStalled', 'LogPipelineLagging'];
const besides = (alert: string): readonly AlertPattern[] =>
  stuck.filter((other) => other !== alert).map((other) => ({ alert: other }));

const stopElasticsearch: Drill['injectFault'] = async (system, recovery) => {
  await system.takeAway('elasticsearch', recovery);
};
const cutElasticsearch: Drill['injectFault'] = async (system, recovery) => {
  const way = system.way('elasticsearch', recovery);
  await way.cut();
};

/** A line that the mapping does not take: a number that is none. */
const poison = (): string =>
  `${JSON.stringify({
    '@timestamp': new Date().toISOString(),
    'event.id': `drill${Date.now()}-1`,
    message: 'A drill',
    'http.response.status_code': 'two hundred',
  })}\n`;

export const logDrills: readonly Drill[] = [
  {
    alert: 'ElasticsearchDown',
    labels: { job: 'log-shipper' },
    fault: 'Elasticsearch is stopped',
    within: 25,
    value: [0, 0],
    alongside: besides('ElasticsearchDown'),
    traffic: { reads: 5 },
    uses,
    injectFault: stopElasticsearch,
  },
  {
    alert: 'LogPipelineStalled',
    labels: { job: 'log-shipper' },
    fault: 'The connection of the log shipper to Elasticsearch is cut',
    within: 25,
    value: [5, 120],
    alongside: besides('LogPipelineStalled'),
    traffic: { reads: 5 },
    uses,
    injectFault: cutElasticsearch,
  },
  {
    alert: 'LogPipelineLagging',
    labels: { job: 'log-shipper' },
    fault: 'Elasticsearch takes the lines and does not answer',
    within: 60,
    value: [5, 120],
    alongside: besides('LogPipelineLagging'),
    traffic: { reads: 5 },
    uses,
    async injectFault(system, recovery) {
      const way = system.way('elasticsearch', recovery);
      await way.swallow();
    },
  },
  {
    alert: 'LogDeadLetters',
    labels: { job: 'log-shipper' },
    fault: 'A line is logged that Elasticsearch refuses',
    within: 15,
    value: [0.5, 5],
    uses,
    injectFault({ settings }: SystemUnderTest) {
      appendFileSync(pathsIn(settings.stackDirectory).log('seed'), poison());
      return Promise.resolve();
    },
  },
];
