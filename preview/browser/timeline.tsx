import { coresOf, rowsOf, type TestRun, type TimedRun } from '../model/test-run.ts';
import { Scroll } from './scroll.tsx';

const width = 1000;
const rowHeight = 20;
const loadHeight = 60;
/** A name is written into a bar that is this wide at least, as much of it as fits. */
const widthOfName = 40;
const widthOfCharacter = 8;

const minutes = (ms: number) => {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};
const cores = (run: TimedRun) => {
  const busy = coresOf(run);
  return busy === undefined ? '' : `, ${busy.toFixed(1)} cores`;
};

/** When each check and each test file of `make test` ran, and how busy the machine was. */
export function Timeline({ testRun }: { testRun: TestRun }) {
  const { startedAt, endedAt, load } = testRun;
  const x = (at: number) => ((at - startedAt) / (endedAt - startedAt)) * width;
  const checks = rowsOf(testRun.checks);
  const files = rowsOf(testRun.files);
  const rows = [...checks, ...files];
  const height = rows.length * rowHeight + loadHeight;
  const most = Math.max(testRun.cores, ...load.map((one) => one.cores));
  const y = (busy: number) => height - (busy / most) * (loadHeight - 4);
  const area = load.map((one) => `L ${x(one.at).toFixed(1)} ${y(one.cores).toFixed(1)}`).join(' ');
  const longest = [...testRun.checks, ...testRun.files]
    .toSorted((one, other) => other.endedAt - other.startedAt - (one.endedAt - one.startedAt))
    .slice(0, 20);
  return (
    <section class="card" data-timeline>
      <header>
        <h2>Timeline of make test</h2>
        <span class="muted">
          {minutes(endedAt - startedAt)} on {testRun.cores} cores: checks, below them jest's test files, and
          the cores that were busy
        </span>
      </header>
      <svg
        class="timeline"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`make test took ${minutes(endedAt - startedAt)}`}
      >
        {rows.map((row, index) =>
          row.map((run) => {
            const left = x(run.startedAt);
            const wide = Math.max(x(run.endedAt) - left, 1);
            const top = index * rowHeight;
            return (
              <g key={run.name} class={index < checks.length ? 'check' : 'file'}>
                <title>{`${run.name}: ${minutes(run.endedAt - run.startedAt)} from ${minutes(run.startedAt - startedAt)}${cores(run)}`}</title>
                <rect x={left} y={top + 1} width={wide} height={rowHeight - 2} />
                {wide > widthOfName && (
                  <text x={left + 4} y={top + 14}>
                    {`${run.name}${cores(run)}`.slice(0, Math.floor(wide / widthOfCharacter))}
                  </text>
                )}
              </g>
            );
          }),
        )}
        <path class="load" d={`M 0 ${height} ${area} L ${width} ${height} Z`} />
      </svg>
      <Scroll class="inside" label="Longest">
        <table>
          <thead>
            <tr>
              <th scope="col">Longest</th>
              <th scope="col">Start</th>
              <th scope="col">End</th>
              <th scope="col">Cores used</th>
            </tr>
          </thead>
          <tbody>
            {longest.map((run) => (
              <tr key={run.name}>
                <td class="mono">{run.name}</td>
                <td>{minutes(run.startedAt - startedAt)}</td>
                <td>{minutes(run.endedAt - startedAt)}</td>
                <td>{coresOf(run)?.toFixed(2) ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
