import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { integerParameter } from '../http/integer-parameter.ts';
import { text } from '../http/text.ts';
import { membersOf, priority, settable, status, timestamp } from './fields.ts';

const searchDescription =
  `What to find in title and description, as it was typed or pasted: without regard to case, or to how
a letter is composed. Words are found in any order, anywhere; \`"a phrase"\` in its order, \`-without\` excludes, \`or\` parts
alternatives. Punctuation only parts words, so a link, \`a/b\`, \`x-y_z\` or \`1.2.3\` is found as the phrase of its parts.
Of languages written without blanks (Chinese, Japanese, Korean, Thai and the like) each character is a word, as is each
emoji and symbol: any part is found. The last word, from three letters on, is also the beginning of longer ones. For
that the words of all users with this beginning are looked up, which takes the longer the more there are; in quotes the
last word is only itself. Text without any word finds nothing.`.replaceAll('\n', ' ');

const exampleTodo = membersOf('example');
const defaults: Readonly<Record<string, unknown>> = membersOf('default');

/** A request as people write it: without what a todo has anyway. */
const exampleNewTodo = Object.fromEntries(
  settable.flatMap(({ name }) =>
    isDeepStrictEqual(exampleTodo[name], defaults[name]) ? [] : [[name, exampleTodo[name]]],
  ),
) as z.input<typeof newTodoShape>;

const newTodoShape = z.strictObject(membersOf('create'));
export const newTodo = newTodoShape.meta({ id: 'NewTodo', examples: [exampleNewTodo] });
export type NewTodo = z.output<typeof newTodo>;

/** Todos of one batch. */
export const maxItems = 100;

/** Created together or not at all. */
export const newTodos = z
  .strictObject({
    items: z
      .array(newTodo)
      .min(1, { error: 'must have a todo' })
      .max(maxItems, { error: `must have ${maxItems} todos at most` }),
  })
  .meta({
    id: 'NewTodos',
    examples: [
      { items: [{ title: 'Renew the certificate' }, { title: 'Write the runbook', labels: ['docs'] }] },
    ],
  });

/** A merge-patch (RFC 7396): absent members stay, null clears where a todo may lack a value. */
export const todoPatch = z
  .strictObject(membersOf('patch'))
  .meta({ id: 'TodoPatch', examples: [{ status: 'done', due_at: null }] });
export type TodoPatch = z.output<typeof todoPatch>;

/** A todo as the API shows it. Times are RFC 3339 in UTC, to the microsecond where there is a fraction. */
export const todo = z.object(membersOf('output')).meta({ id: 'Todo', examples: [exampleTodo] });
export type Todo = z.output<typeof todo>;

export const todoPage = z
  .object({ items: z.array(todo), next_cursor: z.string().nullable() })
  .meta({ id: 'TodoPage', examples: [{ items: [exampleTodo], next_cursor: null }] });
export type TodoPage = z.output<typeof todoPage>;

export const todoItems = z
  .object({ items: z.array(todo) })
  .meta({ id: 'TodoItems', examples: [{ items: [exampleTodo] }] });

const exampleEvent = {
  id: '01936f5e-9c40-7b1e-8d2a-6f0c3a5b7d91',
  action: 'updated',
  actor_id: '01936f5d-2a10-7c3b-b5e4-0d8f6f1c2e11',
  request_id: '7f3c1d9e-2b64-4c8a-9a55-0d8f6f1c2e11',
  changes: { priority: { from: 'normal', to: 'urgent' } },
  created_at: '2026-11-21T10:00:04.123456Z',
};

/** One change of a todo, for the audit trail: who, by which request, and of each changed member the values. */
export const todoEvent = z
  .object({
    id: z.uuid(),
    action: z.enum(['created', 'updated', 'deleted', 'restored']),
    actor_id: z.uuid(),
    request_id: z.string().meta({
      description:
        'Made by the service for each request, so that no client can give two the same. It is the X-Request-Id of the answer where the client sent none.',
    }),
    changes: z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() })),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'TodoEvent', examples: [exampleEvent] });
export type TodoEvent = z.output<typeof todoEvent>;

export const todoHistory = z
  .object({ items: z.array(todoEvent), next_cursor: z.string().nullable() })
  .meta({ id: 'TodoHistory', examples: [{ items: [exampleEvent], next_cursor: null }] });
export type TodoHistory = z.output<typeof todoHistory>;

export const todoId = z.strictObject({
  id: z.uuid({ error: 'must be a UUID' }).meta({ description: 'Id of the todo.' }),
});

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
    .default(20)
    .meta({
      description: 'Most items in a page.',
      override: integerParameter({ minimum: 1, maximum: 100, default: 20 }),
    }),
  cursor: z.string().max(500).optional().meta({
    description:
      '`next_cursor` of the page before, under the same sort, character by character as it was given.',
  }),
};

export const todoListQuery = z.strictObject({
  status: status.optional().meta({ description: 'Only todos with this status.' }),
  priority: priority.optional().meta({ description: 'Only todos with this priority.' }),
  label: text({ min: 1, max: 50 }).optional().meta({ description: 'Only todos with this label.' }),
  due_before: timestamp.optional().meta({ description: 'Only todos due before this time.' }),
  due_after: timestamp.optional().meta({ description: 'Only todos due after this time.' }),
  q: text({ min: 1, max: 200 }).optional().meta({ description: searchDescription }),
  deleted: z
    .enum(['exclude', 'only'])
    .default('exclude')
    .meta({ description: '`only` lists the deleted todos instead.' }),
  sort: sort
    .default('-created_at')
    .meta({ description: 'What the list is ordered by; `-` reverses it. Nulls come last both ways.' }),
  ...page,
});
export type TodoListQuery = z.output<typeof todoListQuery>;

export const todoHistoryQuery = z.strictObject(page);
export type TodoHistoryQuery = z.output<typeof todoHistoryQuery>;
