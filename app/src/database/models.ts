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

/** A row of `todos`. Times are RFC 3339 text in UTC with microseconds. */
export class TodoModel extends Model {
  static override tableName = 'todos';
  declare id: string;
  declare owner_id: string;
  declare title: string;
  declare description: string | null;
  declare status: 'open' | 'in_progress' | 'done';
  declare priority: 'low' | 'normal' | 'high' | 'urgent';
  declare labels: string[];
  declare due_at: string | null;
  declare version: number;
  declare created_at: string;
  declare updated_at: string;
  declare completed_at: string | null;
  declare deleted_at: string | null;
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
