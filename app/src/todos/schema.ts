import { z } from 'zod';
import { text } from '../http/text.ts';

export const status = z.enum(['open', 'in_progress', 'done']);
export const priority = z.enum(['low', 'normal', 'high', 'urgent']);

/** Years 1970 to 9999 in UTC: an offset can push a time at either end over it. */
export const timestamp = z.iso
  .datetime({ offset: true, abort: true, error: 'must be a time such as 2026-11-21T10:00:00Z (RFC 3339)' })
  .refine((value) => Date.parse(value) >= 0 && Date.parse(value) < 253_402_300_800_000, {
    error: 'must lie in the years 1970 to 9999',
  });

const title = text({ min: 1, max: 200 });
const description = text({ max: 10_000 }).nullable();
const label = text({ min: 1, max: 50 });
const labels = z
  .array(label)
  .max(20, { error: 'must have 20 labels at most', abort: true })
  .refine((values) => new Set(values).size === values.length, { error: 'must not repeat a label' });

export const newTodo = z.strictObject({
  title,
  description: description.default(null),
  status: status.default('open'),
  priority: priority.default('normal'),
  labels: labels.default([]),
  due_at: timestamp.nullable().default(null),
});
export type NewTodo = z.output<typeof newTodo>;

/** Created together or not at all. */
export const newTodos = z.strictObject({
  items: z
    .array(newTodo)
    .min(1, { error: 'must have a todo' })
    .max(100, { error: 'must have 100 todos at most' }),
});

/** A merge-patch (RFC 7396): absent members stay, null clears where a todo may lack a value. */
export const todoPatch = z.strictObject({
  title: title.exactOptional(),
  description: description.exactOptional(),
  status: status.exactOptional(),
  priority: priority.exactOptional(),
  labels: labels.exactOptional(),
  due_at: timestamp.nullable().exactOptional(),
});
export type TodoPatch = z.output<typeof todoPatch>;

/** A todo as the API shows it. Times are RFC 3339 in UTC, to the microsecond where there is a fraction. */
export const todo = z.object({
  id: z.uuid(),
  title: z.string(),
  description: z.string().nullable(),
  status,
  priority,
  labels: z.array(z.string()),
  due_at: z.iso.datetime().nullable(),
  version: z.number().int(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  completed_at: z.iso.datetime().nullable(),
  deleted_at: z.iso.datetime().nullable(),
});
export type Todo = z.output<typeof todo>;

export const todoPage = z.object({ items: z.array(todo), next_cursor: z.string().nullable() });
export type TodoPage = z.output<typeof todoPage>;

export const todoItems = z.object({ items: z.array(todo) });

/** One change of a todo, for the audit trail: who, by which request, and of each changed member the values. */
export const todoEvent = z.object({
  id: z.uuid(),
  action: z.enum(['created', 'updated', 'deleted', 'restored']),
  actor_id: z.uuid(),
  request_id: z.string(),
  changes: z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() })),
  created_at: z.iso.datetime(),
});
export type TodoEvent = z.output<typeof todoEvent>;

export const todoHistory = z.object({ items: z.array(todoEvent), next_cursor: z.string().nullable() });
export type TodoHistory = z.output<typeof todoHistory>;

export const todoId = z.strictObject({ id: z.uuid({ error: 'must be a UUID' }) });

export const sorts = ['created_at', 'due_at', 'priority', 'updated_at'] as const;
export type SortKey = (typeof sorts)[number];
export const sort = z.enum([...sorts, ...sorts.map((key) => `-${key}` as const)]);
export type Sort = z.output<typeof sort>;

const page = {
  limit: z
    .string()
    .regex(/^\d{1,3}$/, { error: 'must be an integer from 1 to 100', abort: true })
    .transform(Number)
    .pipe(z.number().min(1).max(100, { error: 'must be an integer from 1 to 100' }))
    .default(20),
  cursor: z.string().max(500).optional(),
};

export const todoListQuery = z.strictObject({
  status: status.optional(),
  priority: priority.optional(),
  label: label.optional(),
  due_before: timestamp.optional(),
  due_after: timestamp.optional(),
  /** Words to find in title and description; "a phrase", -without, or. */
  q: text({ min: 1, max: 200 }).optional(),
  deleted: z.enum(['exclude', 'only']).default('exclude'),
  sort: sort.default('-created_at'),
  ...page,
});
export type TodoListQuery = z.output<typeof todoListQuery>;

export const todoHistoryQuery = z.strictObject(page);
export type TodoHistoryQuery = z.output<typeof todoHistoryQuery>;
