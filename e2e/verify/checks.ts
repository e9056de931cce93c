/** Everything that `make verify` proves, in this order: what costs little first, what disturbs last. */
import { expectNone } from '@sightline/testkit/check.ts';
import type { VerifyCheck } from './check.ts';
import { checkAddresses } from './checks/addresses.ts';
import { checkErrorPaths, checkGoldenPath } from './checks/api.ts';
import { checkCounts, checkTraffic } from './checks/counts.ts';
import { checkDocuments, checkFound, checkGaps } from './checks/logs.ts';
import {
  checkDeclaredIsEmitted,
  checkEmittedIsDeclared,
  checkRules,
  checkSeriesBudget,
  checkTargets,
} from './checks/metrics.ts';
import { checkPanels, checkValues } from './checks/panels.ts';
import { checkRestart } from './checks/restart.ts';
import {
  notLocal,
  type Stack,
  severalInstances,
  withoutElasticsearch,
  withoutMetrics,
  withoutPrometheus,
} from './stack.ts';

/** Why nobody can say what panels show. */
const withoutPanels = (stack: Stack) => withoutMetrics(stack) ?? withoutPrometheus(stack);

export const checks: readonly VerifyCheck[] = [
  {
    id: 'components',
    group: 'stack',
    proves: 'what was started runs',
    skipReason: notLocal,
    run: ({ stack: { local } }) => {
      const { up, faults } = local?.components() ?? { up: '', faults: [] };
      expectNone(faults);
      return Promise.resolve(up);
    },
  },
  {
    id: 'targets',
    group: 'metrics',
    proves: 'Prometheus reaches all that it scrapes, this API among it',
    skipReason: withoutPrometheus,
    run: checkTargets,
  },
  {
    id: 'golden-path',
    group: 'api',
    proves: 'every operation answers as the OpenAPI document says',
    run: checkGoldenPath,
  },
  {
    id: 'error-paths',
    group: 'api',
    proves: 'mistakes are answered with their problem documents',
    run: checkErrorPaths,
  },
  {
    id: 'addresses',
    group: 'api',
    proves: 'only who is trusted says for whom a request is, and limits are on',
    skipReason: notLocal,
    run: checkAddresses,
  },
  {
    id: 'declared',
    group: 'metrics',
    proves: 'each metric of the contract is emitted',
    skipReason: withoutMetrics,
    run: checkDeclaredIsEmitted,
  },
  {
    id: 'emitted',
    group: 'metrics',
    proves: 'each series that is emitted is of the contract',
    skipReason: withoutMetrics,
    run: checkEmittedIsDeclared,
  },
  {
    id: 'series',
    group: 'metrics',
    proves: 'an instance has no more series than its budget',
    skipReason: withoutMetrics,
    run: checkSeriesBudget,
  },
  {
    id: 'rules',
    group: 'metrics',
    proves: 'every recording and alerting rule is evaluated',
    skipReason: withoutPrometheus,
    run: checkRules,
  },
  { id: 'traffic', group: 'traffic', proves: 'k6 gets the answers that it expects', run: checkTraffic },
  {
    id: 'counts',
    group: 'traffic',
    proves: 'k6, the metrics and the access log count the same requests',
    skipReason: withoutMetrics,
    run: checkCounts,
  },
  {
    id: 'panels',
    group: 'panels',
    proves: 'every query of every panel shows data',
    skipReason: withoutPanels,
    run: checkPanels,
  },
  {
    id: 'values',
    group: 'panels',
    proves: 'panels show what happened',
    skipReason: (stack) => withoutPanels(stack) ?? notLocal(stack) ?? severalInstances(stack),
    run: checkValues,
  },
  {
    id: 'found',
    group: 'logs',
    proves: 'the id in the header of an answer finds its line in Elasticsearch',
    skipReason: withoutElasticsearch,
    run: checkFound,
  },
  {
    id: 'documents',
    group: 'logs',
    proves: 'each request is one document in Elasticsearch',
    skipReason: withoutElasticsearch,
    run: checkDocuments,
  },
  {
    id: 'gaps',
    group: 'logs',
    proves: 'no log line is missing in Elasticsearch, and none there twice',
    skipReason: withoutElasticsearch,
    run: checkGaps,
  },
  {
    id: 'restart',
    group: 'restart',
    proves: 'a restart of the API loses no request that it took up',
    skipReason: notLocal,
    run: checkRestart,
  },
];
