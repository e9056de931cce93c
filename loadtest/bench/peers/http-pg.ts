/** node:http and pg's pool, with named prepared statements. */
import pg from 'pg';
import { serve } from './http-server.ts';
import { connection, poolSize } from './settings.ts';
import type { Todo } from './statements.ts';

const pool = new pg.Pool({ ...connection, max: poolSize });

serve(async (statement) => (await pool.query<Todo>(statement)).rows);
