/** The checks of `make test`, in the order in which they begin where they have the cores. */
import { availableParallelism } from 'node:os';
import { whyNoKubectl } from '@sightline/kubernetes/kubectl.ts';
import { whyNoElasticsearch } from '@sightline/servers/elasticsearch/distribution.ts';
import { whyNoDocker } from '@sightline/stack/images/docker.ts';
import { whyNoAwsProvider, whyNoTerraform } from '@sightline/terraform/terraform.ts';
import type { Check } from '@sightline/testkit/check.ts';
import { whyNoPostgresqlClient } from '@sightline/tools/postgresql-client.ts';
import { programs } from '@sightline/tools/table.ts';
import { whyMissing } from '@sightline/tools/tools.ts';
import { endLeftovers } from './leftovers.ts';
import { jest, program, type Run } from './program.ts';

/** Checks that make the programs of the tests, whose time limits are shorter than a first build. */
const programsOfTests = ['tools', 'elasticsearch', 'python'];

/**
 * Checks that give way to those beside them. Tests wait for what they expect, however long that takes; a stack's alerts
 * about time are right to fire where it gets no core.
 */
export const background: ReadonlySet<string> = new Set(['jest']);

const shortChecks: readonly Check<Run>[] = [
  {
    id: 'tools',
    proves: 'the tools are built',
    skipReason: () => whyMissing('promtool'),
    run: program(['tools/build.ts', ...programs(({ onDemand }) => !onDemand)], {
      showsProgress: true,
      // All of them on a machine that has nothing yet and is busy otherwise.
      minutes: 60,
    }),
  },
  {
    id: 'elasticsearch',
    // It waits for the network.
    cores: 0.5,
    proves: 'Elasticsearch is fetched',
    skipReason: whyNoElasticsearch,
    run: program(['packages/servers/elasticsearch/fetch.ts'], { showsProgress: true }),
  },
  {
    id: 'python',
    cores: 0.5,
    proves: 'the Python environments are made',
    skipReason: whyNoPostgresqlClient,
    run: program(['ci/fetch-python.ts'], { showsProgress: true }),
  },
  {
    id: 'types',
    proves: 'TypeScript finds nothing in what Node runs',
    run: program(['node_modules/typescript/bin/tsc', '-p', '.']),
  },
  // What k6 runs: it is no Node.
  {
    id: 'types-k6',
    proves: 'TypeScript finds nothing in what k6 runs',
    run: program(['node_modules/typescript/bin/tsc', '-p', 'loadtest']),
  },
  // What runs in a browser: it is no Node either.
  {
    id: 'types-page',
    proves: 'TypeScript finds nothing in what a browser runs',
    run: program(['node_modules/typescript/bin/tsc', '-p', 'preview']),
  },
  {
    id: 'lint',
    proves: 'Biome finds nothing',
    run: program(['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings']),
  },
  {
    id: 'regular-expressions',
    proves: 'no regular expression takes longer than linear',
    run: program(['ci/regular-expressions.ts']),
  },
  {
    id: 'rooms',
    proves: 'rooms use what they declare, in one direction',
    run: program(['ci/rooms.ts']),
  },
  {
    id: 'generated',
    proves: 'generated files are as their sources',
    run: program(['ci/generate.ts', '--check']),
  },
  {
    id: 'kubernetes',
    after: programsOfTests,
    proves: 'manifests render, and are as schemas and policy want them',
    skipReason: whyNoKubectl,
    run: program(['kubernetes/check.ts']),
  },
  {
    id: 'terraform',
    after: programsOfTests,
    proves: 'Terraform is as its checks want it',
    skipReason: whyNoTerraform,
    run: program(['terraform/check.ts'], { showsProgress: true }),
  },
  {
    id: 'terraform-aws',
    after: programsOfTests,
    proves: "modules that need AWS's provider validate, and their tests pass",
    skipReason: whyNoAwsProvider,
    run: program(['terraform/check.ts', '--aws']),
  },
  {
    id: 'workflows',
    after: programsOfTests,
    proves: 'workflows are as actionlint, zizmor and policy want them',
    run: program(['ci/workflows/check.ts'], { showsProgress: true }),
  },
  {
    id: 'jest',
    proves: 'the tests pass',
    after: programsOfTests,
    // As many workers as there are cores: what the checks beside them leave, they take.
    cores: availableParallelism() / 2,
    // Jest would wait for what a test has left; `leftovers` names it.
    run: jest(['node_modules/jest/bin/jest.js', '--maxWorkers=100%', '--forceExit'], {
      // Twice what all the tests take on two busy cores.
      minutes: 60,
    }),
  },
  {
    id: 'signals',
    after: ['jest'],
    proves: 'each signal of the contract was seen by a test',
    skipReason: ({ ids }) => (ids.includes('jest') ? undefined : 'what it looks at is noted by jest'),
    run: program(['app/test/signals-seen.ts'], { showsProgress: true }),
  },
  {
    id: 'verify',
    after: programsOfTests,
    proves: 'a stack of its own does what is declared',
    skipReason: () => whyMissing('k6') ?? whyMissing('prometheus'),
    run: program(['e2e/verify/on-own-stack.ts'], { showsProgress: true }),
  },
  {
    id: 'logs-outage',
    after: programsOfTests,
    proves: 'no line is lost in an outage of Elasticsearch',
    skipReason: () => whyNoElasticsearch() ?? whyMissing('prometheus'),
    run: program(['e2e/outage/logs-outage.ts'], { showsProgress: true }),
  },
  {
    id: 'drills',
    after: programsOfTests,
    proves: 'a few alerts fire and resolve by their drill',
    skipReason: () => whyMissing('prometheus') ?? whyMissing('toxiproxy-server') ?? whyMissing('k6'),
    run: (run, id) =>
      program(['e2e/drills/cli.ts'], {
        env: run.forChange?.drills ?? { QUICK: '1' },
        showsProgress: true,
      })(run, id),
  },
  {
    id: 'chaos',
    after: programsOfTests,
    proves: 'nothing is lost in random faults',
    skipReason: () => whyMissing('prometheus') ?? whyMissing('toxiproxy-server') ?? whyMissing('k6'),
    run: program(['e2e/chaos/cli.ts'], { env: { MINUTES: '2', SEED: '16356' }, showsProgress: true }),
  },
  {
    id: 'image',
    after: programsOfTests,
    proves: 'the image of the service runs, and stops well',
    skipReason: whyNoDocker,
    run: program(['ci/with-postgresql.ts', 'e2e/docker/test-image.ts'], { showsProgress: true }),
  },
  {
    id: 'schemathesis',
    after: programsOfTests,
    proves: 'answers are as the OpenAPI document says',
    run: program(['ci/with-postgresql.ts', 'app/test/schemathesis/run.ts']),
  },
];

/** The long checks: `make test-all` runs these too, in place of the short one where there is one. */
const longChecks: readonly Check<Run>[] = [
  {
    id: 'drills',
    proves: 'each alert fires and resolves by its drill',
    run: program(['e2e/drills/cli.ts'], { showsProgress: true, minutes: 90 }),
  },
  {
    id: 'chaos',
    proves: 'nothing is lost in ten minutes of random faults',
    run: program(['e2e/chaos/cli.ts'], { env: { MINUTES: '10' }, showsProgress: true, minutes: 30 }),
  },
  {
    id: 'alerts-quiet',
    proves: 'a healthy service under load fires no alert in ten minutes',
    skipReason: () => whyMissing('k6') ?? whyMissing('prometheus'),
    run: program(['e2e/alerts-quiet.ts'], { env: { MINUTES: '10' }, showsProgress: true, minutes: 30 }),
  },
  {
    id: 'fuzz',
    proves: 'no bytes on a connection end the service or are miscounted',
    run: program(['ci/with-postgresql.ts', 'app/test/fuzz/run.ts'], {
      env: { REQUESTS: '100000' },
      showsProgress: true,
      minutes: 60,
    }),
  },
  {
    id: 'mutate-alerts',
    proves: 'the unit tests of the alerts notice what is broken in them',
    skipReason: () => whyMissing('promtool') ?? whyMissing('jsonnet'),
    run: program(['alerts/test/mutation/mutate.ts'], { showsProgress: true, minutes: 90 }),
  },
  {
    id: 'mutate-dashboards',
    proves: 'the tests of the dashboards notice what is broken in them',
    skipReason: () => whyMissing('prometheus') ?? whyMissing('jsonnet'),
    run: program(['dashboards/mutate.ts'], { showsProgress: true, minutes: 60 }),
  },
];

const leftovers: Check<Run> = {
  id: 'leftovers',
  after: [...shortChecks, ...longChecks].map(({ id }) => id),
  proves: 'no process of a check is left',
  skipReason: () => (process.platform === 'linux' ? undefined : 'it looks into /proc, which Linux has'),
  run: (run) => endLeftovers(run),
};

export const checks: readonly Check<Run>[] = [...shortChecks, leftovers];

/** The checks of `make test-all`. */
export const allChecks: readonly Check<Run>[] = [
  ...shortChecks.map((check) => ({ ...check, ...longChecks.find(({ id }) => id === check.id) })),
  ...longChecks
    .filter(({ id }) => !shortChecks.some((check) => check.id === id))
    .map((check) => ({ ...check, after: programsOfTests })),
  leftovers,
];
