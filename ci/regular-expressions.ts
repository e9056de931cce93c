/**
 * Regular expressions that meet what clients, logs or configurations say take time linear in its length: one that
 * doesn't stops the event loop for as long as a stranger likes. scslre looks at how two quantifiers, or one and the
 * start of the search, can share the same characters (https://github.com/RunDevelopment/scslre). Expressions that are
 * put together at run time are not seen.
 */
import { readFileSync } from 'node:fs';
import { checkout } from '@sightline/settings/checkout.ts';
import { parseSync } from '@swc/core';
import { analyse } from 'scslre';
import { filesOf } from './files.ts';

/** Rooms whose code reads text that others wrote; tests and build tools read our own. */
const rooms = [
  'app/src',
  'backup',
  'e2e/verify',
  'logging',
  'packages/contract',
  'packages/servers',
  'packages/settings',
  'packages/telemetry',
  'packages/testkit/grafana',
  'preview',
  'stack/native',
];

interface Literal {
  readonly pattern: string;
  readonly flags: string;
}

/** The regular expression literals below a node of swc's syntax tree. */
function literalsIn(node: unknown): Literal[] {
  if (typeof node !== 'object' || node === null) return [];
  const below = Object.values(node).flatMap(literalsIn);
  if (!('type' in node) || node.type !== 'RegExpLiteral') return below;
  const { pattern, flags } = node as unknown as Literal;
  return [{ pattern, flags }, ...below];
}

/** Why an expression isn't linear, a line each. */
function faults({ pattern, flags }: Literal): string[] {
  const { reports } = analyse({ source: pattern, flags }, { reportTypes: { Move: true } });
  return reports.map((report) => {
    const parts = report.type === 'Trade' ? [report.startQuant, report.endQuant] : [report.quant];
    const growth = report.exponential ? 'exponential' : 'quadratic';
    return `/${pattern}/${flags} is ${growth}: ${parts.map(({ raw }) => raw).join(' and ')}`;
  });
}

/** The regular expressions of a TypeScript source that are not linear, as sentences. */
export function superlinear(source: string): string[] {
  return literalsIn(parseSync(source, { syntax: 'typescript', target: 'es2024' })).flatMap(faults);
}

const sources = () => filesOf(rooms).filter((file) => /\.ts$/.test(file) && !/(^|\/)test\//.test(file));

if (import.meta.main) {
  const files = sources();
  const found = files.flatMap((file) =>
    superlinear(readFileSync(`${checkout}/${file}`, 'utf8')).map((fault) => `${file}: ${fault}`),
  );
  for (const line of found) console.error(line);
  console.log(`${files.length} files, ${found.length} regular expressions that are not linear`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
