import { z } from 'zod';
import { type AnswerHeader, answerHeaders } from '../http/headers.ts';
import { type ProblemDocument, type ProblemError, type ProblemType, problemTypes } from '../http/problem.ts';
import type { Route } from '../http/route.ts';

export const problemMediaType = 'application/problem+json';

const types = Object.keys(problemTypes) as ProblemType[];
const typePath = (type: ProblemType) => `/problems/${type}` as const;

/** A problem document (RFC 9457) as the API sends it. */
export const problemSchema: z.ZodType<ProblemDocument> = z
  .object({
    type: z.enum(types.map(typePath)).meta({
      description: 'What kind of problem it is; a page at this address explains it.',
    }),
    title: z.string().meta({ description: 'The kind of problem in words.' }),
    status: z.int().min(400).max(599).meta({ description: 'The HTTP status once more.' }),
    detail: z.string().meta({ description: 'What is wrong this time.' }),
    instance: z.string().meta({ description: 'Path of the request, without its query.' }),
    request_id: z.string().meta({ description: 'Id of the request, as in X-Request-Id and in the log.' }),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({
            description:
              '`#/title` points into the body (RFC 6901), `?limit` at a query parameter, `/id` at one of the path, `If-Match` at a header.',
          }),
          detail: z.string(),
        }),
      )
      .exactOptional()
      .meta({ description: 'Each value that is wrong.' }),
  })
  .meta({ id: 'Problem', description: 'An error, as RFC 9457 describes it.' });

/** Problems that a part of a declaration brings along; a route lists only those of its own. */
const derivedProblems: readonly { when: (route: Route) => boolean; problems: readonly ProblemType[] }[] = [
  // Any path or query can have a broken percent-encoding.
  { when: () => true, problems: ['malformed-request'] },
  { when: ({ authentication }) => authentication === 'access_token', problems: ['unauthenticated'] },
  { when: ({ params }) => params !== undefined, problems: ['invalid-parameter'] },
  { when: ({ query }) => query !== undefined, problems: ['invalid-parameter'] },
  {
    when: ({ idempotent }) => idempotent === true,
    problems: ['idempotency-in-progress', 'idempotency-key-reused'],
  },
  {
    when: ({ body }) => body !== undefined,
    problems: ['body-too-large', 'unsupported-media-type', 'validation-failed'],
  },
  { when: ({ path }) => !path.startsWith('/health/'), problems: ['too-many-requests'] },
  { when: () => true, problems: ['header-too-large'] },
  // What lies under /v1 is kept in the database.
  { when: ({ path }) => path.startsWith('/v1/'), problems: ['answer-timeout', 'service-unavailable'] },
];

/** Headers that an answer with a problem always has, beside X-Request-Id. */
const problemHeaders: Partial<Record<ProblemType, readonly AnswerHeader[]>> = {
  unauthenticated: ['WWW-Authenticate'],
  'invalid-credentials': ['WWW-Authenticate'],
  'invalid-refresh-token': ['WWW-Authenticate'],
  'precondition-failed': ['ETag'],
  'idempotency-in-progress': ['Retry-After'],
  'service-unavailable': ['Retry-After'],
  'too-many-requests': ['Retry-After'],
};

/** The values an example names as wrong, of the problems that name any. */
const exampleErrors: Partial<Record<ProblemType, readonly ProblemError[]>> = {
  'invalid-parameter': [{ pointer: '?limit', detail: 'must be an integer from 1 to 100' }],
  'validation-failed': [{ pointer: '#/title', detail: 'must not be empty' }],
  'email-taken': [{ pointer: '#/email', detail: 'is registered already' }],
};

/** Every type of problem a route can answer with, in the order of the problem table. */
export function problemsOf(route: Route): ProblemType[] {
  const derived = derivedProblems.filter(({ when }) => when(route)).flatMap(({ problems }) => problems);
  const all = new Set([...derived, ...(route.problems ?? [])]);
  return types.filter((type) => all.has(type));
}

function example(type: ProblemType) {
  const { status, title, meaning } = problemTypes[type];
  const errors = exampleErrors[type];
  return {
    summary: title,
    value: {
      type: typePath(type),
      title,
      status,
      detail: meaning
        .split(/(?<=[.:;])/, 1)
        .join('')
        .replace(/[:;]$/, '.'),
      instance: '/v1/todos',
      request_id: '7f3c1d9e-2b64-4c8a-9a55-0d8f6f1c2e11',
      ...(errors && { errors }),
    },
  };
}

/** `not-found` to `NotFound`. */
const pascalCase = (type: string) => type.replace(/(^|-)(.)/g, (_, __, letter) => letter.toUpperCase());

/** The answer with one of several problems of the same status. */
export function problemAnswer(status: number, problems: readonly ProblemType[]) {
  const always = (Object.keys(answerHeaders) as AnswerHeader[]).filter((name) =>
    problems.every((type) => problemHeaders[type]?.includes(name)),
  );
  return {
    id: problems.map(pascalCase).join('Or'),
    description: problems.map((type) => `${problemTypes[type].title} (\`${typePath(type)}\`)`).join(', or: '),
    headers: always,
    content: {
      [problemMediaType]: {
        schema: problemSchema.and(
          z.object({ type: z.enum(problems.map(typePath)), status: z.literal(status) }).loose(),
        ),
        examples: Object.fromEntries(problems.map((type) => [type, example(type)])),
      },
    },
  };
}
