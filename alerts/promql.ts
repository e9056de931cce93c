/** The names in a PromQL expression, for rules, dashboards and whatever else has expressions. */
import type { SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';

export interface LabelMatcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A selection of series. */
export interface Selector {
  readonly metric: string;
  readonly matchers: readonly LabelMatcher[];
}

/** Labels in `by`, `without`, `on`, `ignoring` or `group_left`, and the series that they are of. */
export interface Grouping {
  readonly labels: readonly string[];
  readonly selectors: readonly Selector[];
}

export interface Named {
  readonly selectors: readonly Selector[];
  readonly groupings: readonly Grouping[];
}

/** An expression that can't be read. */
export class PromqlError extends Error {
  override readonly name = 'PromqlError';
}

/** @throws PromqlError that shows where the expression is wrong */
export function parsePromql(expr: string): Tree {
  const tree = parser.parse(expr);
  tree.iterate({
    enter(node) {
      if (!node.type.isError) return;
      const [before, after] = [expr.slice(0, node.from), expr.slice(node.from)];
      throw new PromqlError(`PromQL that can't be read, at the arrow: ${before}→${after}`);
    },
  });
  return tree;
}

/** Every node of the kinds under this one, itself included. */
export function nodesOf(node: SyntaxNode, ...kinds: readonly string[]): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const look = (at: SyntaxNode) => {
    if (kinds.includes(at.name)) found.push(at);
    for (let child = at.firstChild; child; child = child.nextSibling) look(child);
  };
  look(node);
  return found;
}

const unquoted = (text: string): string =>
  text.startsWith('`')
    ? text.slice(1, -1)
    : JSON.parse(text.startsWith("'") ? `"${text.slice(1, -1)}"` : text);

function matcherOf(expr: string, node: SyntaxNode): LabelMatcher {
  const text = (kind: string) => {
    const child = node.getChild(kind);
    return child ? expr.slice(child.from, child.to) : '';
  };
  return {
    label: text('LabelName'),
    operator: text('MatchOp') as LabelMatcher['operator'],
    value: unquoted(text('StringLiteral')),
  };
}

/** The name may also be a matcher, `{__name__=~"one|other"}`: then it selects each of them. */
const selectorsUnder = (expr: string, node: SyntaxNode): readonly Selector[] =>
  nodesOf(node, 'VectorSelector').flatMap((selector) => {
    const identifier = selector.getChild('Identifier');
    const matchers = nodesOf(selector, 'UnquotedLabelMatcher').map((each) => matcherOf(expr, each));
    const byMatcher = matchers.find(({ label }) => label === '__name__')?.value.split('|') ?? [];
    const names = identifier ? [expr.slice(identifier.from, identifier.to)] : byMatcher;
    return names.map((metric) => ({
      metric,
      matchers: matchers.filter(({ label }) => label !== '__name__'),
    }));
  });

/**
 * The metrics and labels that an expression names.
 * @throws PromqlError when it can't be read
 */
export function namesIn(expr: string): Named {
  const { topNode } = parsePromql(expr);
  return {
    selectors: selectorsUnder(expr, topNode),
    groupings: nodesOf(topNode, 'GroupingLabels').map((node) => {
      const labels = nodesOf(node, 'LabelName').map(({ from, to }) => expr.slice(from, to));
      // The modifier is a child of the aggregation or comparison whose series it is about.
      const about = node.parent?.parent ?? topNode;
      return { labels, selectors: selectorsUnder(expr, about) };
    }),
  };
}
