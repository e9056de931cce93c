/** The facts of the API and its SLOs that `make generate` wrote down. */
import type operationsFile from '../generated/operations.json';
import type thresholdsFile from '../generated/thresholds.json';

export type OperationName = keyof typeof operationsFile;

interface Operation {
  readonly method: string;
  readonly route: string;
  readonly class: string;
  readonly statuses: readonly number[];
}

const read = (file: string) => JSON.parse(open(file)) as unknown;

export const operations = read(import.meta.resolve('../generated/operations.json')) as Readonly<
  Record<OperationName, Operation>
>;
export const sloThresholds = read(
  import.meta.resolve('../generated/thresholds.json'),
) as typeof thresholdsFile;

/** A path that no route has, as the metrics name it. */
export const unmatched: Operation = {
  method: 'GET',
  route: 'unmatched',
  class: 'none',
  statuses: [404, 429],
};
