/** A table panel: answers as rows, changed by the panel's transformations. */
import { objectOf } from '@sightline/testkit/grafana/walk.ts';
import type { Panel, Transformation } from './panel.ts';
import type { Answer } from './panel-data.ts';

type Cell = string | number;
type Row = Readonly<Record<string, Cell>>;

interface Frame {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

const isValue = (column: string) => /^Value( #\w+)?$/.test(column);

function framesOf(answers: readonly Answer[]): readonly Frame[] {
  return answers.map(({ query, series }) => {
    const value = answers.length === 1 ? 'Value' : `Value #${query.refId}`;
    const labels = [...new Set(series.flatMap((one) => Object.keys(one.labels)))];
    return {
      columns: ['Time', ...labels, value],
      rows: series.map(({ labels: own, samples }) => {
        const last = samples.at(-1);
        return { Time: last?.at ?? 0, ...own, [value]: last?.value ?? Number.NaN };
      }),
    };
  });
}

/** Rows that agree in all that is no value become one. */
function merge(frames: readonly Frame[]): readonly Frame[] {
  const rows = new Map<string, Row>();
  for (const row of frames.flatMap((frame) => frame.rows)) {
    const key = JSON.stringify(
      Object.entries(row)
        .filter(([column]) => !isValue(column))
        .toSorted(),
    );
    rows.set(key, { ...rows.get(key), ...row });
  }
  const columns = [...new Set(frames.flatMap((frame) => frame.columns))];
  return [{ columns, rows: [...rows.values()] }];
}

function transformed(frames: readonly Frame[], { id, options }: Transformation): readonly Frame[] {
  switch (id) {
    case 'merge':
      return merge(frames);
    case 'filterFieldsByName': {
      const names = objectOf(options['include'])['names'];
      const kept = Array.isArray(names) ? names.map(String) : [];
      return frames.map(({ columns, rows }) => ({
        rows,
        columns: columns.filter((one) => kept.includes(one)),
      }));
    }
    case 'organize':
      return frames.map((frame) => organized(frame, options));
    default:
      return frames;
  }
}

function organized({ columns, rows }: Frame, options: Transformation['options']): Frame {
  const [places, names, excluded] = ['indexByName', 'renameByName', 'excludeByName'].map((one) =>
    objectOf(options[one]),
  );
  const placeOf = (column: string) => Number(places?.[column] ?? Number.POSITIVE_INFINITY);
  const nameOf = (column: string) => String(names?.[column] ?? column);
  const kept = columns
    .filter((column) => excluded?.[column] !== true)
    .toSorted((one, other) => (placeOf(one) === placeOf(other) ? 0 : placeOf(one) - placeOf(other)));
  return {
    columns: kept.map(nameOf),
    rows: rows.map((row) =>
      Object.fromEntries(
        kept.flatMap((column) => (row[column] === undefined ? [] : [[nameOf(column), row[column]] as const])),
      ),
    ),
  };
}

/** Rows in the panel's order; a column that a row lacks is not among its members. */
export function tableOf({ transformations, sortBy }: Panel, answers: readonly Answer[]): Frame {
  const [frame = { columns: [], rows: [] }] = transformations.reduce(transformed, framesOf(answers));
  if (sortBy === undefined) return frame;
  const { column, descending } = sortBy;
  const rows = frame.rows.toSorted(
    (one, other) => compare(one[column], other[column]) * (descending ? -1 : 1),
  );
  return { ...frame, rows };
}

function compare(one: Cell | undefined, other: Cell | undefined): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one ?? '').localeCompare(String(other ?? ''));
}
