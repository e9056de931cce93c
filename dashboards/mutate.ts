/** `node dashboards/mutate.ts [uid]` (`make mutate-dashboards`): does the query test notice when a panel is wrong? */
import { dashboards } from './dashboards.ts';
import { type Mutation, mutationsOf } from './mutations.ts';
import { survivors } from './survivors.ts';
import { differences, type Query, queriesOf } from './truth/compare.ts';
import { knownSeries } from './truth/known-series.ts';
import { type KnownPrometheus, startKnownPrometheus } from './truth/prometheus.ts';

/** The share of all mutants that has to be noticed. */
const minShare = 0.9;

interface Mutant {
  readonly query: Query;
  readonly mutation: Mutation;
}

async function isNoticed(prometheus: KnownPrometheus, { query, mutation }: Mutant): Promise<boolean> {
  if (mutation.unit !== query.expected?.unit) return true;
  // A mutant that Prometheus refuses is noticed as well.
  const found = await differences(prometheus, query, mutation.expr).catch((error: Error) => [error.message]);
  return found.length > 0;
}

const reasonFor = ({ query, mutation }: Mutant) =>
  survivors.find(
    ({ panel, kind, what, inQuery }) =>
      (panel === undefined || panel === query.panel.title) &&
      kind === mutation.kind &&
      mutation.what.includes(what) &&
      (inQuery === undefined || inQuery.test(query.target.expr)),
  )?.because;

/** @param only the uid of a dashboard, or nothing for all */
async function main(only: string | undefined): Promise<void> {
  const began = performance.now();
  const queries = queriesOf(await dashboards()).filter(
    ({ dashboard }) => only === undefined || dashboard === only,
  );
  if (queries.length === 0) throw new Error(`There is no dashboard ${only} in dashboards/generated.`);
  const mutants = queries.flatMap((query) => mutationsOf(query).map((mutation) => ({ query, mutation })));
  const prometheus = await startKnownPrometheus(knownSeries);
  const alive: Mutant[] = [];
  try {
    for (const query of queries) {
      const problems = await differences(prometheus, query, query.expr);
      if (problems.length > 0)
        throw new Error(
          `${query.dashboard}, ${query.panel.title} is wrong already, so nothing can be said of its mutants: ${problems.join(' ')}`,
        );
    }
    for (const mutant of mutants) if (!(await isNoticed(prometheus, mutant))) alive.push(mutant);
  } finally {
    await prometheus.stop();
  }

  const unexplained = alive.filter((mutant) => reasonFor(mutant) === undefined);
  for (const mutant of alive) {
    const { query, mutation } = mutant;
    console.log(
      `survived: ${query.dashboard}, ${query.panel.title}, ${query.target.refId}: ${mutation.kind}: ${mutation.what}`,
    );
    console.log(
      `    ${reasonFor(mutant) ?? 'NO REASON: add series that show the difference, or say in dashboards/survivors.ts why none can'}`,
    );
  }
  const killed = mutants.length - alive.length;
  const share = ((killed / mutants.length) * 100).toFixed(1);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `${killed}/${mutants.length} mutants killed (${share} %) in ${seconds} s, ${unexplained.length} survivors without a reason`,
  );
  if (unexplained.length > 0 || killed / mutants.length < minShare) process.exitCode = 1;
}

await main(process.argv[2]);
