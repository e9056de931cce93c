/** The plans of the statements that the service sent, written into its log by auto_explain. */

import { readFrom } from '@sightline/servers/log-file.ts';
import pg from 'pg';

/** A node of a plan that was carried out, as far as it is read here. Counts of blocks include the nodes below. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** How one statement was carried out. */
export interface Execution {
  readonly durationMs: number;
  readonly indexes: readonly string[];
  /** Tables that were read from one end to the other. */
  readonly scanned: readonly string[];
  /** Rows and index entries that were looked at, those that didn't fit included. */
  readonly rowsRead: number;
  /** Pages of 8 KiB that were touched, in PostgreSQL's memory or not. */
  readonly buffers: number;
}

/** The text of its log says `duration: 0.123 ms  plan:` and goes on with JSON, each line after a tab. */
const entry = /duration: ([\d.]+) ms {2}plan:\n((?:\t.*\n)+)/g;

const nodesOf = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

function rowsReadBy(node: PlanNode): number {
  if (!node['Node Type'].includes('Scan')) return 0;
  const each =
    (node['Actual Rows'] ?? 0) +
    (node['Rows Removed by Filter'] ?? 0) +
    (node['Rows Removed by Index Recheck'] ?? 0);
  return each * (node['Actual Loops'] ?? 0);
}

/** The executions of statements on todos that auto_explain wrote into a log. */
export function executionsIn(log: string): Execution[] {
  return [...log.matchAll(entry)].flatMap(([, duration, json = '']) => {
    const { 'Query Text': text, Plan: plan } = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode };
    if (!/\btodos\b/.test(text)) return [];
    const nodes = nodesOf(plan);
    const indexes = nodes.flatMap((node) => node['Index Name'] ?? []);
    return {
      durationMs: Number(duration),
      indexes: [...new Set(indexes)],
      scanned: nodes
        .filter((node) => node['Node Type'] === 'Seq Scan')
        .map((node) => node['Relation Name'] ?? '?'),
      rowsRead: Math.round(nodes.reduce((sum, node) => sum + rowsReadBy(node), 0)),
      buffers: (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0),
    };
  });
}

const settings = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  // Reading the clock for each row would be most of what is measured.
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_parameter_max_length': '0',
} as const;

/**
 * Has each statement of connections made from now on explained as it runs.
 * @param adminUrl of a superuser, on the server of the database
 * @returns what turns it off again for connections made after that
 */
export async function explainOn(adminUrl: string, databaseUrl: string): Promise<() => Promise<void>> {
  const database = pg.escapeIdentifier(new URL(databaseUrl).pathname.slice(1));
  const run = async (statements: readonly string[]) => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  // Loaded first: PostgreSQL takes no settings of a module that it doesn't know.
  await run([
    "load 'auto_explain'",
    ...Object.entries(settings).map(([name, value]) => `alter database ${database} set ${name} = '${value}'`),
  ]);
  return () => run([`alter database ${database} reset all`]);
}

/** Reads executions from the server's log as they come. PostgreSQL writes them before it answers. */
export function executionsFrom(logFile: string): () => Execution[] {
  let { end } = readFrom(logFile, 0);
  return () => {
    const read = readFrom(logFile, end);
    end = read.end;
    return executionsIn(read.text);
  };
}
