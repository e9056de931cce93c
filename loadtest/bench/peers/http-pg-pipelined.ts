/**
 * node:http and two connections of pg in pipeline mode: about as fast as Node.js and PostgreSQL can be together. The
 * statements of all requests that arrive in one turn of the event loop leave in one write.
 */
import { Socket } from 'node:net';
import pg from 'pg';
import { type Query, serve } from './http-server.ts';
import { connection } from './settings.ts';
import type { Todo } from './statements.ts';

/** Opens a connection on which no statement waits for the answers to those before it. */
async function connect(): Promise<Query> {
  const socket = new Socket();
  const client = new pg.Client({ ...connection, pipeline: true, stream: () => socket });
  await client.connect();
  let corked = false;
  return async (statement) => {
    if (!corked) {
      corked = true;
      socket.cork();
      setImmediate(() => {
        corked = false;
        socket.uncork();
      });
    }
    return (await client.query<Todo>(statement)).rows;
  };
}

const [even, odd] = await Promise.all([connect(), connect()]);
let statements = 0;

serve((statement) => {
  statements += 1;
  return statements % 2 === 0 ? even(statement) : odd(statement);
});
