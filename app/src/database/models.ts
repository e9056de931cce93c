import { Model } from 'objection';

/** A row of `users`. Times are RFC 3339 text in UTC with microseconds. */
export class UserModel extends Model {
  static override tableName = 'users';
  declare id: string;
  declare email: string;
  declare name: string;
  declare password_hash: string;
  declare created_at: string;
  declare updated_at: string;
}

/** A row of `todos`, whose columns are declared in `todos/fields.ts`. */
export class TodoModel extends Model {
  static override tableName = 'todos';
}

/** A row of `todo_events`: one change of a todo. The time is RFC 3339 text in UTC with microseconds. */
export class TodoEventModel extends Model {
  static override tableName = 'todo_events';
  declare id: string;
  declare todo_id: string;
  declare actor_id: string;
  declare request_id: string;
  declare action: 'created' | 'updated' | 'deleted' | 'restored';
  declare changes: Record<string, { from: unknown; to: unknown }>;
  declare created_at: string;
}
