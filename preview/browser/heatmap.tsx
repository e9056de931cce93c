import { useEffect, useRef, useState } from 'preact/hooks';
import { type Buckets, bucketsOf } from '../model/buckets.ts';
import type { Panel } from '../model/panel.ts';
import { formatValue } from '../model/units.ts';
import { clock, tick } from './clock.ts';
import { property, scaleColour } from './colours.ts';
import type { DrawProps } from './draw.ts';
import { useTheme } from './theme.ts';

const margin = { left: 62, right: 12, top: 8, bottom: 24 };
/** Many cells are told apart better when the few are not all of one colour. */
const exponent = 0.5;
const ticks = 5;
/** In pixels. */
const minWithGap = 5;

interface Hovered {
  readonly left: number;
  readonly top: number;
  readonly text: string;
}

/** How many events fell into which bucket, over time. */
export function Heatmap({ panel, answers, range }: DrawProps) {
  const theme = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hovered, setHovered] = useState<Hovered>();
  const buckets = bucketsOf(answers.flatMap(({ series }) => series));
  const step = Math.max(...answers.map((answer) => answer.step));

  useEffect(() => {
    const element = canvas.current;
    const parent = element?.parentElement;
    if (!element || !parent) return;
    const draw = () => paint(element, parent, panel, buckets, range, step);
    const observer = new ResizeObserver(draw);
    observer.observe(parent);
    draw();
    return () => observer.disconnect();
  }, [answers, theme, panel]);

  const hover = (event: MouseEvent) => {
    const { width, height } = areaOf(canvas.current);
    const [x, y] = [event.offsetX - margin.left, event.offsetY - margin.top];
    const at = range.from + (x / width) * (range.to - range.from);
    const column = buckets.times.findLastIndex((time) => time <= at);
    const index = buckets.rows.length - 1 - Math.floor((y / height) * buckets.rows.length);
    const row = buckets.rows[index];
    if (row === undefined || column < 0 || x < 0 || x > width) return setHovered(undefined);
    const min = buckets.rows[index - 1]?.bound ?? 0;
    setHovered({
      left: event.offsetX,
      top: event.offsetY,
      text: `${clock(buckets.times[column] ?? 0)}   ${boundText(min, panel)} to ${boundText(row.bound, panel)}   ${formatValue(row.counts[column] ?? 0, panel.cellUnit)}`,
    });
  };

  return (
    <>
      <div class="plot heat">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Heatmap: ${panel.title}`}
          onMouseMove={hover}
          onMouseLeave={() => setHovered(undefined)}
        />
        {hovered && (
          <div
            class="tooltip"
            style={{
              left: `${Math.max(4, hovered.left - 110)}px`,
              top: `${Math.max(0, hovered.top - 40)}px`,
            }}
          >
            {hovered.text}
          </div>
        )}
      </div>
      <div class="scale">
        <span>0</span>
        <span class="gradient" style={{ background: `linear-gradient(to right, ${gradient})` }} />
        <span>{formatValue(buckets.max, panel.cellUnit)}</span>
      </div>
    </>
  );
}

const gradient = Array.from({ length: 11 }, (_, index) => scaleColour((index / 10) ** exponent)).join(', ');

const boundText = (bound: number, { rowUnit }: Panel) => formatValue(bound, rowUnit);

function areaOf(element: HTMLElement | null): { width: number; height: number } {
  return {
    width: (element?.clientWidth ?? 0) - margin.left - margin.right,
    height: (element?.clientHeight ?? 0) - margin.top - margin.bottom,
  };
}

function paint(
  element: HTMLCanvasElement,
  parent: HTMLElement,
  panel: Panel,
  { times, rows, max }: Buckets,
  range: DrawProps['range'],
  step: number,
): void {
  const ratio = devicePixelRatio;
  element.width = parent.clientWidth * ratio;
  element.height = parent.clientHeight * ratio;
  element.style.width = `${parent.clientWidth}px`;
  element.style.height = `${parent.clientHeight}px`;
  const context = element.getContext('2d');
  if (context === null) return;
  context.scale(ratio, ratio);
  const { width, height } = areaOf(element);
  const xOf = (at: number) => margin.left + (width * (at - range.from)) / (range.to - range.from);
  const rowHeight = height / Math.max(rows.length, 1);
  const yOf = (index: number) => margin.top + height - rowHeight * (index + 1);

  for (const [index, { counts }] of rows.entries()) {
    for (const [column, count] of counts.entries()) {
      if (count <= 0) continue;
      // A step may begin before the shown time, and end after it.
      const begin = times[column] ?? 0;
      const [from, to] = [Math.max(begin, range.from), Math.min(begin + step, range.to)];
      context.fillStyle = scaleColour((count / max) ** exponent);
      const cell = xOf(to) - xOf(from);
      // Narrow cells would be more gap than colour.
      const filled = cell < minWithGap ? cell + 0.5 : cell - 1;
      context.fillRect(xOf(from), yOf(index), filled, Math.max(rowHeight - 1, 1));
    }
  }

  context.font = '11px system-ui, sans-serif';
  context.fillStyle = property('--muted');
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  // As many bounds as there is room for, each at the upper edge of its row.
  const every = Math.max(1, Math.ceil(16 / rowHeight));
  for (const [index, { bound }] of rows.entries())
    if (index % every === 0 && Number.isFinite(bound))
      context.fillText(boundText(bound, panel), margin.left - 8, yOf(index));
  context.textAlign = 'center';
  const distance = (range.to - range.from) / ticks;
  for (let index = 0; index < ticks; index += 1) {
    const at = range.from + distance * (index + 0.5);
    context.fillText(tick(at, distance / 1000), xOf(at), margin.top + height + 14);
  }
}
