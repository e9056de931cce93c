import { z } from 'zod';
import { line, paragraphs } from '../http/text.ts';
import { canonicalTime } from './time.ts';

export const status = z.enum(['open', 'in_progress', 'done']);
export const priority = z.enum(['low', 'normal', 'high', 'urgent']);

/** PostgreSQL takes no offset of 16 hours or more, and no place on earth has one. */
const timePattern =
  /^(19[7-9]\d|[2-9]\d{3})-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d+)?(Z|[+-](0\d|1[0-5]):[0-5]\d)$/;

/**
 * Years 1970 to 9999, also in UTC: an offset can push a time at either end over it. It gives the time as PostgreSQL keeps
 * it and the API shows it: UTC, to the microsecond. Further digits are cut off, since PostgreSQL would round them up.
 */
export const timestamp = z.iso
  .datetime({ offset: true, abort: true, error: 'must be a time such as 2026-11-21T10:00:00Z (RFC 3339)' })
  .refine((value) => timePattern.test(value) && /^(19[7-9]\d|[2-9]\d{3})-/.test(canonicalTime(value)), {
    error: 'must lie in the years 1970 to 9999, with an offset of less than 16 hours',
    abort: true,
  })
  .transform(canonicalTime)
  .meta({
    description:
      'A time by RFC 3339, with any offset of less than 16 hours; kept in UTC to the microsecond, further digits are cut off. No leap seconds, and midnight is 00:00.',
    override: { format: 'date-time', pattern: timePattern.source },
  });

const title = line({ max: 200 });
const description = paragraphs({ max: 10_000 }).nullable();
const label = line({ max: 50 });
const labels = z
  .array(label)
  .max(20, { error: 'must have 20 labels at most', abort: true })
  .refine((values) => new Set(values).size === values.length, { error: 'must not repeat a label' })
  .meta({ uniqueItems: true });

/** The declaration of a field. */
interface Field<Output extends z.ZodType> {
  /** How it is answered. */
  readonly output: Output;
  /** Its value in the examples of the OpenAPI document. */
  readonly example: z.input<Output>;
}
interface SettableField<Input extends z.ZodType, Output extends z.ZodType> extends Field<Output> {
  /** How clients send it. */
  readonly input: Input;
  /** The type of its column. */
  readonly type: 'text' | 'text[]' | 'integer' | 'boolean' | 'timestamptz' | 'todo_status' | 'todo_priority';
}

/** A field that every new todo has to be given. */
const required = <Input extends z.ZodType, Output extends z.ZodType>(
  field: SettableField<Input, Output>,
) => ({
  ...field,
  create: field.input,
  patch: field.input.exactOptional(),
});

/** A field that a new todo may be given, with what it has otherwise. */
const optional = <Input extends z.ZodType, Output extends z.ZodType>(
  field: SettableField<Input, Output> & { readonly default: z.util.NoUndefined<z.output<Input>> },
) => ({
  ...field,
  create: field.input.default(field.default),
  patch: field.input.exactOptional(),
});

/** A field that only the service sets. */
const ofService = <Output extends z.ZodType>(field: Field<Output>) => field;

/**
 * The fields of a todo, in the order in which they are answered. The schemas, the examples, the columns, the statements
 * that write them and the quota follow from this table.
 */
export const fields = {
  id: ofService({ output: z.uuid(), example: '01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70' }),
  title: required({ input: title, output: z.string(), type: 'text', example: 'Renew the certificate' }),
  description: optional({
    input: description,
    output: z.string().nullable(),
    type: 'text',
    default: null,
    example: null,
  }),
  status: optional({ input: status, output: status, type: 'todo_status', default: 'open', example: 'open' }),
  priority: optional({
    input: priority,
    output: priority,
    type: 'todo_priority',
    default: 'normal',
    example: 'urgent',
  }),
  labels: optional({
    input: labels,
    output: z.array(z.string()),
    type: 'text[]',
    default: [],
    example: ['operations'],
  }),
  due_at: optional({
    input: timestamp.nullable(),
    output: z.iso.datetime().nullable(),
    type: 'timestamptz',
    default: null,
    example: '2026-12-01T09:00:00Z',
  }),
  version: ofService({ output: z.number().int().min(1), example: 1 }),
  created_at: ofService({ output: z.iso.datetime(), example: '2026-11-21T10:00:00.123456Z' }),
  updated_at: ofService({ output: z.iso.datetime(), example: '2026-11-21T10:00:00.123456Z' }),
  completed_at: ofService({ output: z.iso.datetime().nullable(), example: null }),
  deleted_at: ofService({ output: z.iso.datetime().nullable(), example: null }),
};

type Fields = typeof fields;
/** The names of the fields that have a member, such as `input`. */
type Having<Member extends string> = {
  [Name in keyof Fields]: Fields[Name] extends Record<Member, unknown> ? Name : never;
}[keyof Fields];
type Members<Member extends string> = {
  [Name in Having<Member>]: Fields[Name] extends Record<Member, infer Value> ? Value : never;
};

/** One member of each field that has it, by the name of the field. */
export const membersOf = <Member extends string>(member: Member) =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) =>
      member in field ? [[name, (field as Record<string, unknown>)[member]]] : [],
    ),
  ) as Members<Member>;

/** The columns that are read. */
export const columns = Object.keys(fields) as (keyof Fields)[];

/** The columns that clients set, with their types. */
export const settable = Object.entries(membersOf('type')).map(([name, type]) => ({
  name: name as Having<'type'>,
  type,
}));

/** The settable columns that hold text, which the quota counts. */
export const texts = settable.filter(({ type }) => type === 'text' || type === 'text[]');
