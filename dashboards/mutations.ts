/** Small wrong changes to a panel, each of which the query test has to notice. */
import { type Edit, editsOf } from '@sightline/alerts/mutations.ts';
import { nodesOf, parsePromql } from '@sightline/alerts/promql.ts';
import type { Query } from './truth/compare.ts';

export interface Mutation {
  readonly kind: ReturnType<typeof editsOf>[number]['kind'] | 'quantile changed' | 'unit changed';
  /** The text that was changed, as it was written. */
  readonly what: string;
  readonly expr: string;
  readonly unit: string;
}

const isQuantile = /histogram_quantile\s*\($/;

/** The share of each quantile, as another one that people ask for. */
function quantileEdits(expr: string): readonly (Edit & Pick<Mutation, 'kind' | 'what'>)[] {
  return nodesOf(parsePromql(expr).topNode, 'NumberDurationLiteral')
    .filter(({ from }) => isQuantile.test(expr.slice(0, from)))
    .map(({ from, to }) => ({
      kind: 'quantile changed',
      what: expr.slice(from, to),
      from,
      to,
      text: expr.slice(from, to) === '0.9' ? '0.95' : '0.9',
    }));
}

/** Every mutation of a query and of its panel's unit. */
export function mutationsOf({ expr, panel, target }: Query): readonly Mutation[] {
  const { unit } = panel.fieldConfig.defaults;
  const ofQuery = [...editsOf(expr), ...quantileEdits(expr)].map(({ kind, what, from, to, text }) => ({
    kind,
    what,
    unit,
    expr: expr.slice(0, from) + text + expr.slice(to),
  }));
  const changed = ofQuery.filter((each) => each.expr !== expr);
  // One unit a panel, whatever number of queries.
  if (target.refId !== 'A') return changed;
  return [...changed, { kind: 'unit changed', what: unit, unit: unit === 's' ? 'ms' : 's', expr }];
}
