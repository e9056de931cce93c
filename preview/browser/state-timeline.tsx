import { graphOf } from '../model/graph.ts';
import { bandsOf } from '../model/states.ts';
import { fieldFor } from '../model/values.ts';
import { clock, lasting, tick } from './clock.ts';
import { cssColour } from './colours.ts';
import type { DrawProps } from './draw.ts';
import { Scroll } from './scroll.tsx';

const ticks = 3;

/** Each series as a row of bands, one for as long as it said the same. */
export function StateTimeline({ panel, answers, range }: DrawProps) {
  const { times, lines } = graphOf(answers);
  const step = Math.max(...answers.map((answer) => answer.step)) / 1000;
  const [from, to] = [range.from / 1000, range.to / 1000];
  const percent = (at: number) => (100 * (Math.min(Math.max(at, from), to) - from)) / (to - from);
  const distance = (to - from) / ticks;
  return (
    <Scroll class="states" label={`States: ${panel.title}`}>
      {lines.map((line) => (
        <div class="state-row" key={line.name}>
          <span class="name" title={line.name}>
            {line.name}
          </span>
          <span class="track">
            {bandsOf(times, line, fieldFor(panel, line.name), step)
              .filter(({ colour }) => colour !== 'transparent')
              .map((band) => (
                <span
                  class="band"
                  key={band.from}
                  title={`${line.name}: ${band.text} from ${clock(band.from * 1000)} for ${lasting((band.to - band.from) * 1000)}`}
                  style={{
                    left: `${percent(band.from)}%`,
                    width: `${percent(band.to) - percent(band.from)}%`,
                    '--colour': cssColour(band.colour),
                  }}
                >
                  {band.text}
                </span>
              ))}
          </span>
        </div>
      ))}
      <div class="state-row" aria-hidden="true">
        <span class="name" />
        <span class="ticks">
          {Array.from({ length: ticks }, (_, index) => (
            <span key={index} style={{ left: `${(100 * (index + 0.5)) / ticks}%` }}>
              {tick((from + distance * (index + 0.5)) * 1000, distance)}
            </span>
          ))}
        </span>
      </div>
    </Scroll>
  );
}
