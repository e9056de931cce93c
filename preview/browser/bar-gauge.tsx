import { nameOf } from '../model/legend.ts';
import { fieldFor, shownValue } from '../model/values.ts';
import { cssColour } from './colours.ts';
import { DataLinks } from './data-links.tsx';
import type { DrawProps } from './draw.ts';
import { Scroll } from './scroll.tsx';

function lastValues({ panel, answers }: DrawProps) {
  return answers.flatMap(({ query, series }) =>
    series.map(({ labels, samples }) => {
      const name = nameOf(query.legend, labels);
      const value = samples.at(-1)?.value ?? Number.NaN;
      return { name, labels, value, ...shownValue(value, fieldFor(panel, name)) };
    }),
  );
}

/** Where a value stands between the least and the greatest, from 0 to 1. */
function shareOf(value: number, min: number, max: number): number {
  return Number.isFinite(value) && max > min ? Math.min(Math.max((value - min) / (max - min), 0), 1) : 0;
}

/** Each series' last value as a bar, the greatest first. */
export function BarGauge(props: DrawProps) {
  const { panel, range, variables } = props;
  const values = lastValues(props).toSorted((one, other) => other.value - one.value);
  const min = panel.field.min ?? 0;
  const max =
    panel.field.max ?? Math.max(...values.map(({ value }) => (Number.isFinite(value) ? value : min)));
  return (
    <Scroll class="bars" label={`Values: ${panel.title}`}>
      <ul>
        {values.map(({ name, labels, value, text, colour }) => (
          <li key={name}>
            <span class="name" title={name}>
              <DataLinks links={panel.field.links} context={{ variables, range, labels }} text={name} />
            </span>
            <span class="track">
              <span
                class="bar"
                style={{ width: `${shareOf(value, min, max) * 100}%`, background: cssColour(colour) }}
              />
            </span>
            <span class="number" style={{ color: cssColour(colour) }}>
              {text}
            </span>
          </li>
        ))}
      </ul>
    </Scroll>
  );
}

/** Half a turn, as a path of SVG round the point 50, 50. */
const arc = 'M 10 50 A 40 40 0 0 1 90 50';

/** Each series' last value as an arc. */
export function Gauge(props: DrawProps) {
  const { min = 0, max = 1 } = props.panel.field;
  return (
    <div class="stats">
      {lastValues(props).map(({ name, value, text, colour }) => (
        <svg class="gauge" key={name} viewBox="0 0 100 60" role="img" aria-label={`${name}: ${text}`}>
          <path d={arc} class="rest" pathLength={1} />
          <path
            d={arc}
            class="reached"
            pathLength={1}
            style={{ stroke: cssColour(colour), strokeDasharray: `${shareOf(value, min, max)} 1` }}
          />
          <text x="50" y="50">
            {text}
          </text>
        </svg>
      ))}
    </div>
  );
}
