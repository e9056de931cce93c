import type { ReportData } from '../model/report.ts';
import { Bench } from './bench.tsx';
import { dateAndClock, lasting } from './clock.ts';
import { Drills } from './drills.tsx';
import { Scroll } from './scroll.tsx';
import { Timeline } from './timeline.tsx';

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;

/** The findings of a run: first whether all is as it should be, then what isn't, then the rest. */
export function Results({ report, writtenAt }: ReportData) {
  const { run, checks, reconciliation, panels, alerts, bench, testRun } = report;
  const wrong = [...checks, ...alerts].filter(({ ok }) => !ok).length;
  const all = checks.length + alerts.length;
  const verdict = all === 0 ? 'none' : wrong === 0 ? 'ok' : 'failed';
  const words = {
    none: bench ? 'Measured, nothing proved yet' : 'Nothing was run yet',
    ok: 'All proved',
    failed: `${count(wrong, 'finding')} to look at`,
  } as const;
  return (
    <div class="results">
      <h1>Results</h1>
      <div class={`verdict ${verdict}`}>
        <strong>{words[verdict]}</strong>
        <span class="figures">
          <Figure of={checks} what="checks" />
          <Figure of={reconciliation} what="counts agree" />
          <Figure of={panels} what="queries show what they should" />
          <Figure of={alerts} what="drills" />
        </span>
        <span class="muted">
          {run.startedAt !== null && run.endedAt !== null
            ? `make verify: ${dateAndClock(Date.parse(run.startedAt))}, ${lasting(Date.parse(run.endedAt) - Date.parse(run.startedAt))}`
            : `Written ${dateAndClock(Date.parse(writtenAt))}`}
        </span>
      </div>
      <div class="columns">
        <Checks checks={checks} />
        <div class="results">
          <SilentPanels panels={panels} />
          <Drills alerts={alerts} />
          <Counts reconciliation={reconciliation} />
        </div>
      </div>
      {testRun && <Timeline testRun={testRun} />}
      {bench && <Bench bench={bench} />}
    </div>
  );
}

function Figure({ of, what }: { of: readonly { readonly ok: boolean }[]; what: string }) {
  if (of.length === 0) return null;
  const good = of.filter(({ ok }) => ok).length;
  return (
    <span class={good === of.length ? 'ok' : 'failed'}>
      <span class="mark">
        {good} of {of.length}
      </span>{' '}
      {what}
    </span>
  );
}

/** Failed ones first. */
const failedFirst = <One extends { readonly ok: boolean }>(all: readonly One[]) =>
  all.toSorted((one, other) => Number(one.ok) - Number(other.ok));

function Mark({ ok }: { ok: boolean }) {
  return <span class={ok ? 'mark ok' : 'mark failed'}>{ok ? '✓ ok' : '✗ failed'}</span>;
}

function Checks({ checks }: Pick<ReportData['report'], 'checks'>) {
  return (
    <section class="card">
      <header>
        <h2>Checks</h2>
        <span class="muted">what make verify proved of the running stack</span>
      </header>
      <Scroll class="inside" label="Checks">
        {checks.length === 0 ? (
          <p class="muted">None yet: make verify.</p>
        ) : (
          <table>
            <thead>
              <tr>
                <th scope="col">Result</th>
                <th scope="col">Check</th>
                <th scope="col">Found</th>
              </tr>
            </thead>
            <tbody>
              {failedFirst(checks).map(({ id, group, ok, detail }) => (
                <tr key={`${group}/${id}`} class={ok ? '' : 'failed'}>
                  <td>
                    <Mark ok={ok} />
                  </td>
                  <td class="mono">
                    {group}/{id}
                  </td>
                  <td class="detail">{detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Scroll>
    </section>
  );
}

function Counts({ reconciliation }: Pick<ReportData['report'], 'reconciliation'>) {
  if (reconciliation.length === 0) return null;
  const hasLogs = reconciliation.some(({ logs }) => logs !== null);
  const sum = (of: (row: (typeof reconciliation)[number]) => number) =>
    reconciliation.reduce((total, row) => total + of(row), 0);
  return (
    <section class="card">
      <header>
        <h2>The same requests, counted by each</h2>
        <span class="muted">k6 sent them, the metrics counted them, the log has them</span>
      </header>
      <Scroll class="inside" label="Counts">
        <table>
          <thead>
            <tr>
              <th scope="col">Requests</th>
              <th scope="col" class="number">
                k6
              </th>
              <th scope="col" class="number">
                Metrics
              </th>
              <th scope="col" class="number">
                Log
              </th>
              <th scope="col">Agree</th>
            </tr>
          </thead>
          <tbody>
            {failedFirst(reconciliation).map(({ what, k6, metrics, logs, ok }) => (
              <tr key={what} class={ok ? '' : 'failed'}>
                <td class="mono">{what}</td>
                <td class="number">{k6}</td>
                <td class="number">{metrics}</td>
                <td class="number">{logs ?? '–'}</td>
                <td>
                  <Mark ok={ok} />
                </td>
              </tr>
            ))}
            <tr>
              <th scope="row">All</th>
              <td class="number">{sum(({ k6 }) => k6)}</td>
              <td class="number">{sum(({ metrics }) => metrics)}</td>
              <td class="number">{hasLogs ? sum(({ logs }) => logs ?? 0) : '–'}</td>
              <td />
            </tr>
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function SilentPanels({ panels }: Pick<ReportData['report'], 'panels'>) {
  const silent = panels.filter(({ ok }) => !ok);
  if (silent.length === 0) return null;
  return (
    <section class="card">
      <header>
        <h2>Panels that don't show what they should</h2>
      </header>
      <Scroll class="inside" label="Panels">
        <table>
          <tbody>
            {silent.map(({ dashboard, panel, refId, expr }) => (
              <tr class="failed" key={`${dashboard} ${panel} ${refId}`}>
                <td>
                  {dashboard}: {panel} ({refId})
                </td>
                <td class="detail mono">{expr}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
