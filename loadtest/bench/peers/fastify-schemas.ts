/** JSON schemas of the two peers on Fastify: it writes answers faster by theirs, and checks requests by the others. */
import { columns } from './statements.ts';

const time = { type: 'string' } as const;
const timeOrNull = { type: 'string', nullable: true } as const;
const status = { type: 'string', enum: ['open', 'in_progress', 'done'] } as const;
const priority = { type: 'string', enum: ['low', 'normal', 'high', 'urgent'] } as const;
const labels = { type: 'array', items: { type: 'string' } } as const;

export const todo = {
  type: 'object',
  properties: {
    // Fields that came later are written as they are.
    ...Object.fromEntries(columns.map((name) => [name, {}])),
    id: { type: 'string' },
    title: { type: 'string' },
    description: { type: 'string', nullable: true },
    status: { type: 'string' },
    priority: { type: 'string' },
    labels,
    due_at: timeOrNull,
    version: { type: 'integer' },
    created_at: time,
    updated_at: time,
    completed_at: timeOrNull,
    deleted_at: timeOrNull,
  },
} as const;

export const page = {
  type: 'object',
  properties: {
    items: { type: 'array', items: todo },
    next_cursor: { type: 'string', nullable: true },
  },
} as const;

export const params = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', format: 'uuid' } },
} as const;

export const querystring = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    cursor: { type: 'string', maxLength: 500 },
  },
} as const;

export const body = {
  type: 'object',
  required: ['title'],
  additionalProperties: false,
  properties: {
    title: { type: 'string', minLength: 1, maxLength: 200 },
    description: { type: 'string', nullable: true, maxLength: 10_000 },
    status,
    priority,
    labels: {
      type: 'array',
      maxItems: 20,
      uniqueItems: true,
      items: { type: 'string', minLength: 1, maxLength: 50 },
    },
    due_at: { type: 'string', format: 'date-time', nullable: true },
  },
} as const;

/** The types of the requests. */
export interface Get {
  Params: { id: string };
}
export interface List {
  Querystring: { limit?: number; cursor?: string };
}
