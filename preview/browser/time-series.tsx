import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { graphOf, isZero, type Line, lastOf, maxOf, stacked } from '../model/graph.ts';
import type { Field, Panel } from '../model/panel.ts';
import { formatValue } from '../model/units.ts';
import { fieldFor } from '../model/values.ts';
import { clock, tick } from './clock.ts';
import { property, seriesVariable } from './colours.ts';
import { DataLinks } from './data-links.tsx';
import type { DrawProps } from './draw.ts';
import { Scroll } from './scroll.tsx';
import { useTheme } from './theme.ts';

const font = '11px system-ui, sans-serif';
/** Lines that the tooltip has room for. */
const maxInTooltip = 12;
/** From the pointer to a mark that it is at, in pixels. */
const near = 8;

export function TimeSeries({ panel, answers, range, marks, variables }: DrawProps) {
  const theme = useTheme();
  const place = useRef<HTMLDivElement>(null);
  const [only, setOnly] = useState<string>();
  const { times, lines } = graphOf(answers);
  const isShown = (name: string) =>
    only === undefined || !lines.some((line) => line.name === only) || only === name;
  // The plot is made anew when what it draws changes: that takes a few milliseconds, and nothing can be left over.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = new uPlot(
      options(panel, lines, isShown, range, marks, element),
      [[...times], ...drawn(panel, lines, isShown).map(({ values }) => [...values])],
      element,
    );
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      if (width > 0 && height > 0) plot.setSize({ width, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [answers, theme, only, panel, marks]);
  return (
    <>
      <div
        class="plot"
        ref={place}
        role="img"
        aria-label={`Graph: ${panel.title}`}
        data-zero={(!panel.edges && isZero(lines)) || undefined}
      />
      <Legend
        panel={panel}
        lines={lines}
        only={only}
        choose={(name) => setOnly(name === only ? undefined : name)}
        extra={(line) => (
          <DataLinks links={panel.field.links} context={{ variables, range, labels: line.labels }} />
        )}
      />
    </>
  );
}

/** Hidden series keep their colours, and their places among the others. */
function drawn(panel: Panel, lines: readonly Line[], isShown: (name: string) => boolean): readonly Line[] {
  const shown = lines.map((line) =>
    isShown(line.name) ? line : { ...line, values: line.values.map(() => null) },
  );
  return panel.stacked ? stacked(shown) : shown;
}

function options(
  panel: Panel,
  lines: readonly Line[],
  isShown: (name: string) => boolean,
  range: DrawProps['range'],
  marks: DrawProps['marks'],
  element: HTMLElement,
): uPlot.Options {
  const { field } = panel;
  const [text, grid] = [property('--muted'), property('--grid')];
  const axis = { stroke: text, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth || 300,
    height: element.clientHeight || 150,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'page', setSeries: false }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: true, range: () => [range.from / 1000, range.to / 1000] },
      y: { range: (_, min, max) => [...extent(field, min, max)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        gap: 4,
        space: 70,
        values: (_, at, _axis, _space, distance) => at.map((one) => tick(one * 1000, distance)),
      },
      {
        ...axis,
        size: 62,
        gap: 4,
        space: 26,
        values: (_, at) => at.map((value) => formatValue(Number(value.toPrecision(12)), field.unit)),
      },
    ],
    series: [
      {},
      ...lines.map((line, index) => {
        const colour = property(seriesVariable(panel, line.name, index));
        return {
          label: line.name,
          show: isShown(line.name),
          stroke: colour,
          width: panel.edges ? 1.5 : 0,
          points: {
            show: lines.every(({ values }) => values.filter((value) => value !== null).length < 2),
            size: 4,
          },
          ...(panel.fill > 0 && {
            fill: `color-mix(in srgb, ${colour} ${Math.round(panel.fill * 100)}%, transparent)`,
          }),
        };
      }),
    ],
    ...(panel.stacked && {
      bands: lines.slice(1).map((_, index) => ({ series: [index + 2, index + 1] as [number, number] })),
    }),
    plugins: [thresholds(panel), moments(marks), tooltip(panel, lines, isShown, marks)],
  };
}

/** The panel's own ends where it has them, and room above the greatest value. */
function extent(
  { min, max }: Field,
  dataMin: number | null,
  dataMax: number | null,
): readonly [number, number] {
  const low = min ?? Math.min(dataMin ?? 0, 0);
  const high = dataMax ?? 0;
  if (max !== undefined) return [low, max];
  const top = high + (high - low) * 0.08;
  return [low, top > low ? top : low + 1];
}

const dashedLine = (
  plot: uPlot,
  colour: string,
  from: readonly [number, number],
  to: readonly [number, number],
) => {
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
  ctx.restore();
};

function thresholds({ thresholdLines, field }: Panel): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { left, width } = plot.bbox;
        for (const { value, colour } of thresholdLines ? field.steps : []) {
          const { min = 0, max = 0 } = plot.scales['y'] ?? {};
          if (value === null || min === null || max === null || value < min || value > max) continue;
          const y = plot.valToPos(value, 'y', true);
          dashedLine(plot, property(`--${colour}`), [left, y], [left + width, y]);
        }
      },
    },
  };
}

function moments(marks: DrawProps['marks']): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { top, height } = plot.bbox;
        for (const { at } of marks) {
          const x = plot.valToPos(at / 1000, 'x', true);
          dashedLine(plot, property('--blue'), [x, top], [x, top + height]);
        }
      },
    },
  };
}

/** The values at the pointer, the greatest first, beside it. */
function tooltip(
  panel: Panel,
  lines: readonly Line[],
  isShown: (name: string) => boolean,
  marks: DrawProps['marks'],
): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'tooltip';
  box.hidden = true;
  return {
    hooks: {
      ready: (plot) => {
        plot.over.append(box);
        plot.over.addEventListener('mouseleave', () => {
          box.hidden = true;
        });
      },
      setCursor: (plot) => {
        const { idx, left = -1, top = -1 } = plot.cursor;
        // Another panel's pointer moves the line here, but the values would be in the way.
        box.hidden = idx === null || idx === undefined || left < 0 || !plot.over.matches(':hover');
        if (box.hidden || idx === null || idx === undefined) return;
        const at = plot.data[0][idx] ?? 0;
        const rows = lines
          .map((line, index) => ({ line, index, value: line.values[idx] ?? null }))
          .filter(({ line, value }) => value !== null && isShown(line.name))
          .toSorted((one, other) => (other.value ?? 0) - (one.value ?? 0));
        box.replaceChildren(
          textElement('div', 'when', clock(at * 1000)),
          ...marks
            .filter((mark) => Math.abs(plot.valToPos(mark.at / 1000, 'x') - left) < near)
            .map((mark) => textElement('div', 'when', `${mark.name} ${clock(mark.at)}`)),
          ...rows.slice(0, maxInTooltip).map(({ line, index, value }) => {
            const row = textElement('div', 'row', '');
            const mark = textElement('i', 'swatch', '');
            mark.style.background = `var(${seriesVariable(panel, line.name, index)})`;
            const { unit, decimals } = fieldFor(panel, line.name);
            row.append(
              mark,
              textElement('span', 'name', line.name),
              textElement('b', '', formatValue(value ?? Number.NaN, unit, decimals)),
            );
            return row;
          }),
          ...(rows.length > maxInTooltip
            ? [textElement('div', 'when', `and ${rows.length - maxInTooltip} more`)]
            : []),
        );
        const isLeft = left < plot.over.clientWidth / 2;
        box.style.left = isLeft ? `${left + 14}px` : '';
        box.style.right = isLeft ? '' : `${plot.over.clientWidth - left + 14}px`;
        box.style.top = `${Math.max(0, Math.min(top - 10, plot.over.clientHeight - box.clientHeight))}px`;
      },
    },
  };
}

function textElement(tag: string, className: string, text: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

interface LegendProps {
  readonly panel: Panel;
  readonly lines: readonly Line[];
  /** The only line that is shown; all without. */
  readonly only: string | undefined;
  readonly choose: (name: string) => void;
  readonly extra: (line: Line) => preact.ComponentChildren;
}

function Legend({ panel, lines, only, choose, extra }: LegendProps) {
  if (panel.legend === 'hidden') return null;
  const isTable = panel.legend === 'table';
  return (
    <Scroll class={isTable ? 'legend table' : 'legend'} label={`Legend: ${panel.title}`}>
      {isTable && (
        <div class="head" aria-hidden="true">
          <span class="number column">Last</span>
          <span class="number column">Max</span>
        </div>
      )}
      {lines.map((line, index) => {
        const { unit, decimals } = fieldFor(panel, line.name);
        const [last, max] = [lastOf(line), maxOf(line)].map((value) => formatValue(value, unit, decimals));
        return (
          <div
            class={only !== undefined && only !== line.name ? 'entry off' : 'entry'}
            key={`${line.name} ${index}`}
          >
            <button
              type="button"
              aria-pressed={only === line.name}
              title={`${line.name}: show it alone`}
              onClick={() => choose(line.name)}
            >
              <i class="swatch" style={{ background: `var(${seriesVariable(panel, line.name, index)})` }} />
              <span class="name">{line.name}</span>
            </button>
            {extra(line)}
            <span class={isTable ? 'number column' : 'number'}>{last}</span>
            {isTable && <span class="number column">{max}</span>}
          </div>
        );
      })}
    </Scroll>
  );
}
