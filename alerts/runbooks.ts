/** The pages of runbooks/: one an alert, named after it. */
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, 'runbooks');

/** The names of the alerts that have a page. */
export const pages: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .map((file) => file.replace(/\.md$/, ''));

export const textOf = (page: string): string => readFileSync(resolve(folder, `${page}.md`), 'utf8');

/** The queries that a page asks Prometheus. */
export const queriesIn = (text: string): readonly string[] =>
  [...text.matchAll(/api\/v1\/query" --data-urlencode 'query=([^']*)'/g)].map(([, query = '']) => query);

/** The shell commands of a page, block by block. */
export const commandsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^```sh executable\n(.*?)^```$/gms)].map(([, script = '']) => script);
