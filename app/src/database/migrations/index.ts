import type { Knex } from 'knex';
import * as createUsers from './001_create_users.ts';
import * as createTodos from './002_create_todos.ts';
import * as createSessions from './003_create_sessions.ts';
import * as searchTodos from './004_search_todos.ts';
import * as createIdempotencyKeys from './005_create_idempotency_keys.ts';
import * as searchTodosByWords from './006_search_todos_by_words.ts';
import * as createKnownNetworks from './007_create_known_networks.ts';
import * as reasonsToEndSessions from './008_reasons_to_end_sessions.ts';
import * as removeExpiredTodoEvents from './010_remove_expired_todo_events.ts';

/** One step of the schema. Both directions run in a transaction, unless it says otherwise. */
export interface Migration {
  readonly config?: { readonly transaction: boolean };
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

/** All migrations by name, in the order they apply. A landed one never changes; a new one goes to the end. */
export const migrations: ReadonlyMap<string, Migration> = new Map<string, Migration>([
  ['001_create_users', createUsers],
  ['002_create_todos', createTodos],
  ['003_create_sessions', createSessions],
  ['004_search_todos', searchTodos],
  ['005_create_idempotency_keys', createIdempotencyKeys],
  ['006_search_todos_by_words', searchTodosByWords],
  ['007_create_known_networks', createKnownNetworks],
  ['008_reasons_to_end_sessions', reasonsToEndSessions],
  ['010_remove_expired_todo_events', removeExpiredTodoEvents],
]);
