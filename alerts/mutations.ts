/** Small wrong changes to a rule, each of which a unit test has to notice. */
import type { SyntaxNode } from '@lezer/common';
import { nodesOf, parsePromql } from './promql.ts';
import { isAlert, type Rule } from './rules.ts';

export interface Mutation {
  readonly kind:
    | 'threshold doubled'
    | 'threshold halved'
    | 'threshold raised from 0'
    | 'comparison flipped'
    | 'label dropped'
    | 'for removed'
    | 'window doubled'
    | 'window halved'
    | 'metric renamed'
    | 'aggregation changed';
  /** The text that was changed, as it was written. */
  readonly what: string;
  readonly mutated: Rule;
}

/** A change of an expression's text. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

const comparisons: Readonly<Record<string, string>> = {
  Gtr: '<',
  Lss: '>',
  Gte: '<=',
  Lte: '>=',
  Eql: '!=',
  Neq: '==',
};
const aggregations: Readonly<Record<string, string>> = { sum: 'max', max: 'min', min: 'max', avg: 'max' };
const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function scaledWindow(window: string, by: number): string {
  const [, count = '', unit = ''] = /^(\d+)([smhd])$/.exec(window) ?? [];
  return `${Number(count) * (unitSeconds[unit] ?? 0) * by}s`;
}

/** The list without one of its entries, the comma beside it included. */
function without(list: SyntaxNode, entry: SyntaxNode, expr: string): Edit {
  const text = expr.slice(list.from, entry.from).replace(/,\s*$/, '') + expr.slice(entry.to, list.to);
  return { from: list.from, to: list.to, text: text.replace(/([{(])\s*,\s*/, '$1') };
}

/** Every edit of an expression, in the same order for expressions of the same shape. */
export function editsOf(expr: string): readonly (Pick<Mutation, 'kind' | 'what'> & Edit)[] {
  const { topNode } = parsePromql(expr);
  const text = ({ from, to }: SyntaxNode) => expr.slice(from, to);
  const edits: (Pick<Mutation, 'kind' | 'what'> & Edit)[] = [];
  const add = (kind: Mutation['kind'], what: string, edit: Edit) => edits.push({ kind, what, ...edit });
  const replace = ({ from, to }: SyntaxNode, by: string): Edit => ({ from, to, text: by });

  for (const comparison of nodesOf(topNode, 'BinaryExpr')) {
    const operator = Object.keys(comparisons).flatMap((kind) => comparison.getChild(kind) ?? [])[0];
    if (operator === undefined) continue;
    add('comparison flipped', text(comparison), replace(operator, comparisons[operator.name] ?? ''));
    const side = comparison.lastChild;
    const [threshold] =
      side && nodesOf(side, 'VectorSelector').length === 0 ? nodesOf(side, 'NumberDurationLiteral') : [];
    if (threshold === undefined) continue;
    const value = Number(text(threshold));
    if (value === 0) add('threshold raised from 0', text(comparison), replace(threshold, '1'));
    else {
      add('threshold doubled', text(comparison), replace(threshold, String(value * 2)));
      add('threshold halved', text(comparison), replace(threshold, String(value / 2)));
    }
  }
  for (const matchers of nodesOf(topNode, 'LabelMatchers'))
    for (const matcher of nodesOf(matchers, 'UnquotedLabelMatcher'))
      add('label dropped', `${text(matcher)} of ${text(matchers)}`, without(matchers, matcher, expr));
  for (const grouping of nodesOf(topNode, 'GroupingLabels'))
    for (const label of nodesOf(grouping, 'LabelName'))
      add('label dropped', `${text(label)} of ${text(grouping)}`, without(grouping, label, expr));
  for (const window of nodesOf(topNode, 'NumberDurationLiteralInDurationContext')) {
    add('window doubled', text(window), replace(window, scaledWindow(text(window), 2)));
    add('window halved', text(window), replace(window, scaledWindow(text(window), 0.5)));
  }
  for (const selector of nodesOf(topNode, 'VectorSelector')) {
    const name = selector.getChild('Identifier');
    if (name) add('metric renamed', text(name), replace(name, `${text(name)}_renamed`));
  }
  for (const operator of nodesOf(topNode, 'AggregateOp'))
    add('aggregation changed', text(operator), replace(operator, aggregations[text(operator)] ?? 'count'));
  return edits;
}

/** Every mutation of a rule, in the same order for rules of the same shape. */
export function mutationsOf(rule: Rule): readonly Mutation[] {
  const { expr } = rule;
  const mutations = editsOf(expr).map(
    ({ kind, what, from, to, text }): Mutation => ({
      kind,
      what,
      mutated: { ...rule, expr: expr.slice(0, from) + text + expr.slice(to) },
    }),
  );
  if (!isAlert(rule) || rule.for === undefined) return mutations;
  const { for: lasting, ...immediate } = rule;
  return [...mutations, { kind: 'for removed', what: lasting, mutated: immediate }];
}
