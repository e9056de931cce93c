import { isBusy } from '@sightline/loadtest/bench/busy.ts';
import { kinds, titles } from '@sightline/loadtest/bench/kinds.ts';
import type { Report } from '../model/report.ts';
import { dateAndClock } from './clock.ts';
import { Scroll } from './scroll.tsx';

type Results = NonNullable<Report['bench']>;
type Kind = (typeof kinds)[number];

const count = (number: number) => Math.round(number).toLocaleString('en');

/** The results of `make bench`: a row a variant, and of each kind of request what the service serves to one of it. */
export function Bench({ bench }: { bench: Results }) {
  const { rounds, variants, about, settings, machine, date } = bench;
  const measured = kinds.filter((kind) => Object.values(variants).some((of) => of[kind] !== undefined));
  return (
    <section class="card" data-bench>
      <header>
        <h2>Beside its peers</h2>
        <span class="muted">
          make bench, {dateAndClock(Date.parse(date))}:{' '}
          {rounds === 1 ? 'one round' : `medians of ${rounds} rounds`} of {settings.seconds} s,{' '}
          {settings.connections} connections; Node.js {machine.node}, PostgreSQL {machine.postgresql}
          {machine.durable ? '' : ' without waiting for the disk'}; {machine.processor}, {machine.cores} cores
        </span>
      </header>
      <Scroll class="inside" label="Beside its peers">
        <table>
          <thead>
            <tr>
              <td />
              {measured.map((kind) => (
                <th key={kind} scope="colgroup" colSpan={3}>
                  {titles[kind]}
                </th>
              ))}
            </tr>
            <tr>
              <th scope="col">Variant</th>
              {measured.map((kind) => (
                <Headings key={kind} />
              ))}
            </tr>
          </thead>
          <tbody>
            {Object.keys(variants).map((name) => (
              <tr key={name}>
                <th scope="row">
                  <strong>{name}</strong> {about[name]}
                </th>
                {measured.map((kind) => (
                  <Cells key={kind} bench={bench} name={name} kind={kind} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        <p class="muted">
          ×: how many requests the service serves in a second of processor time while the variant serves one
          in a second of its own; ✓ and ✗: whether as many as are wanted.
          {isBusy(machine.contention) && ' The machine was busy with something else: don’t believe them.'}
        </p>
        <AtSeventyPercent bench={bench} />
      </Scroll>
    </section>
  );
}

function Headings() {
  return (
    <>
      <th scope="col" class="number">
        Requests/s
      </th>
      <th scope="col" class="number">
        p99 ms
      </th>
      <th scope="col" class="number">
        Sightline to it
      </th>
    </>
  );
}

function Cells({ bench, name, kind }: { bench: Results; name: string; kind: Kind }) {
  const summary = bench.variants[name]?.[kind];
  const ratio = bench.ratiosOfProcessor[name]?.[kind];
  const byClock = bench.ratios[name]?.[kind];
  const goal = bench.goals[name];
  return (
    <>
      <td class="number">{summary === undefined ? '–' : count(summary.rps)}</td>
      <td class="number">{summary === undefined ? '–' : summary.p99.toFixed(1)}</td>
      <td class="number">
        {ratio === undefined ? (
          '–'
        ) : (
          <Ratio
            ratio={ratio}
            goal={goal}
            byClock={byClock}
            spread={bench.ratioSpreads[name]?.[kind] ?? [byClock, byClock]}
          />
        )}
      </td>
    </>
  );
}

interface Compared {
  ratio: number;
  goal: number | undefined;
  byClock: number | undefined;
  spread: readonly [number | undefined, number | undefined];
}

function Ratio({ ratio, goal, byClock, spread: [lowest, highest] }: Compared) {
  const title = `by the clock ${byClock?.toFixed(2)}, from round to round ${lowest?.toFixed(2)}–${highest?.toFixed(2)}`;
  if (goal === undefined) return <span title={title}>× {ratio.toFixed(2)}</span>;
  const met = ratio >= goal;
  return (
    <span class={met ? 'mark ok' : 'mark failed'} title={title}>
      × {ratio.toFixed(2)} {met ? '✓' : '✗'} {goal}
    </span>
  );
}

function AtSeventyPercent({ bench }: { bench: Results }) {
  const cases = kinds.flatMap((kind) => {
    const measured = bench.atSeventyPercent[kind];
    return measured === undefined
      ? []
      : [`${titles[kind]} ${measured.p99.toFixed(1)} ms at ${count(measured.rps)}/s`];
  });
  if (cases.length === 0) return null;
  return <p class="muted at-rate">p99 of the service at 70 % of its peak: {cases.join('; ')}.</p>;
}
