import { nameOf } from '../model/legend.ts';
import { fieldFor, shownValue } from '../model/values.ts';
import { cssColour } from './colours.ts';
import type { DrawProps } from './draw.ts';

/** Each series' last value in large letters. */
export function Stat({ panel, answers }: DrawProps) {
  const values = answers.flatMap(({ query, series }) =>
    series.map(({ labels, samples }) => ({
      name: nameOf(query.legend, labels),
      value: samples.at(-1)?.value ?? Number.NaN,
    })),
  );
  return (
    <div class={`stats ${panel.colourMode}`}>
      {values.map(({ name, value }) => {
        const { text, colour } = shownValue(value, fieldFor(panel, name));
        return (
          <div
            class="figure"
            key={name}
            style={{
              '--colour': cssColour(panel.colourMode === 'none' ? 'text' : colour),
              '--length': text.length,
            }}
          >
            <span class="amount">{text}</span>
            {panel.withName && <span class="of">{name}</span>}
          </div>
        );
      })}
    </div>
  );
}
