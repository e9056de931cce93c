import type { Knex } from 'knex';

/**
 * The order of an enum's values is the order it sorts in, which `sort=priority` relies on. Todos without a due
 * time sort last both ways: as if due at infinity going up, at minus infinity going down. One expression per
 * direction lets a keyset page be one comparison of rows, which the index answers.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create type todo_status as enum ('open', 'in_progress', 'done');
    create type todo_priority as enum ('low', 'normal', 'high', 'urgent');

    create table todos (
      id           uuid primary key default uuidv7(),
      owner_id     uuid not null constraint todos_owner_fk references users on delete cascade,
      title        text not null,
      description  text,
      status       todo_status not null default 'open',
      priority     todo_priority not null default 'normal',
      labels       text[] not null default '{}',
      due_at       timestamptz,
      version      integer not null default 1,
      created_at   timestamptz not null default now(),
      updated_at   timestamptz not null default now(),
      completed_at timestamptz,
      deleted_at   timestamptz,
      constraint todos_title_length check (char_length(title) between 1 and 200),
      constraint todos_description_length check (char_length(description) <= 10000),
      constraint todos_labels_count check (cardinality(labels) <= 20),
      constraint todos_due_at_range check (due_at >= '1970-01-01Z' and due_at < '10000-01-01Z'),
      constraint todos_version_positive check (version >= 1),
      constraint todos_completed_when_done check ((status = 'done') = (completed_at is not null))
    );

    create index todos_by_created_at on todos (owner_id, created_at, id) where deleted_at is null;
    create index todos_by_updated_at on todos (owner_id, updated_at, id) where deleted_at is null;
    create index todos_by_priority on todos (owner_id, priority, id) where deleted_at is null;
    create index todos_by_due_at on todos (owner_id, coalesce(due_at, 'infinity'), id) where deleted_at is null;
    create index todos_by_due_at_descending on todos (owner_id, coalesce(due_at, '-infinity'), id)
      where deleted_at is null;
    create index todos_by_status on todos (owner_id, status, created_at, id) where deleted_at is null;
    create index todos_deleted on todos (owner_id, created_at, id) where deleted_at is not null;
    create index todos_by_label on todos using gin (labels);

    create table todo_events (
      id         uuid primary key default uuidv7(),
      todo_id    uuid not null constraint todo_events_todo_fk references todos on delete cascade,
      actor_id   uuid not null constraint todo_events_actor_fk references users on delete cascade,
      request_id text not null,
      action     text not null,
      changes    jsonb not null,
      created_at timestamptz not null default now(),
      constraint todo_events_action_known check (action in ('created', 'updated', 'deleted', 'restored')),
      constraint todo_events_request_id_length check (char_length(request_id) <= 128)
    );

    create index todo_events_by_todo on todo_events (todo_id, id);
    create index todo_events_by_actor on todo_events (actor_id);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('drop table todo_events; drop table todos; drop type todo_priority; drop type todo_status');
}
