import type { ZodType } from 'zod';
import { z } from 'zod';
import {
  type CreateDocumentOptions,
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import {
  type AnswerHeader,
  answerHeaders,
  rateLimitHeaders,
  requestHeaders,
  requestIdHeader,
  traceHeaders,
} from '../http/headers.ts';
import { type ProblemType, problemTypes } from '../http/problem.ts';
import type { AnswerSpec, BodySpec, Route } from '../http/route.ts';
import { service } from '../telemetry/service.ts';
import { problemAnswer, problemsOf } from './problems.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** Groups of operations, each with the beginnings of its paths. */
const tags = [
  { name: 'Todos', paths: ['/v1/todos'], description: 'What there is to do.' },
  {
    name: 'Sessions',
    paths: ['/v1/sessions', '/.well-known/'],
    description: 'Logging in, and the keys of access tokens.',
  },
  { name: 'Users', paths: ['/v1/users'], description: 'Who there is.' },
  { name: 'Service', paths: ['/health/', '/openapi.json'], description: 'The service itself.' },
] as const;

const description = `A todo API. JSON in snake_case; times are RFC 3339 in UTC.

Errors are problem documents (RFC 9457). Beside those listed at each operation, any request can get
[not-found](/problems/not-found) or [method-not-allowed](/problems/method-not-allowed) by its path,
[request-timeout](/problems/request-timeout) by how it is sent,
and [internal-error](/problems/internal-error) by a fault of the service.

Text is kept composed (Unicode NFC). One-line texts (titles, labels, names) are trimmed and need a character that shows;
they refuse control characters, U+2028, U+2029, and what overrides or isolates the direction of writing (U+202A to U+202E,
U+2066 to U+2069). Descriptions refuse control characters but tabs and ends of lines. Joiners, variation selectors and other
marks that don't show are kept. Lengths count the code points of what is kept. Text from before these rules stays as it is.

Cursors and access tokens are taken only character by character as they were given; another spelling in base64 of the same
bytes is refused.`;

function tagOf({ path }: Route): string {
  const tag = tags.find(({ paths }) => paths.some((start) => path.startsWith(start)));
  if (!tag) throw new Error(`${path} belongs to no tag; give it one in openapi/document.ts.`);
  return tag.name;
}

/** The first example of a schema. */
const exampleOf = (schema: ZodType) => {
  const [example] = z.globalRegistry.get(schema)?.examples ?? [];
  return example === undefined ? {} : { example };
};

/** Header parameters and answer headers, made once each: the document refers to one that it meets again. */
const { traceparent, traceresponse } = traceHeaders;
const headerParameters = mapValues(
  { ...requestHeaders, 'X-Request-Id': requestIdHeader, traceparent },
  (schema, name) => schema.optional().meta({ ...schema.meta(), param: { id: name } }),
);
const required = mapValues({ ...answerHeaders, 'X-Request-Id': requestIdHeader }, (schema, name) =>
  schema.clone().meta({ ...schema.meta(), header: { id: name } }),
);
const whereKnown = mapValues({ ...rateLimitHeaders, traceresponse }, (schema, name) =>
  schema.optional().meta({ ...schema.meta(), header: { id: name } }),
);

function mapValues<Name extends string, From, To>(
  values: Readonly<Record<Name, From>>,
  map: (value: From, name: Name) => To,
): Record<Name, To> {
  const entries = Object.entries<From>(values).map(([name, value]) => [name, map(value, name as Name)]);
  return Object.fromEntries(entries) as Record<Name, To>;
}

const pick = <Name extends string, Value>(values: Readonly<Record<Name, Value>>, names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, values[name]]));

const withRequestId = <Name extends string>(names: readonly Name[] = []) =>
  [...names, 'X-Request-Id'] as const;

const answerHeadersOf = (names?: readonly AnswerHeader[]) =>
  z.object({ ...pick(required, withRequestId(names)), ...whereKnown });

const requestHeadersOf = ({ headers: names = [], idempotent }: Route) => [
  ...names,
  ...(idempotent ? (['Idempotency-Key'] as const) : []),
];

function requestBody({ schema, types }: BodySpec) {
  return {
    required: true,
    content: Object.fromEntries(types.map((type) => [type, { schema, ...exampleOf(schema) }])),
  };
}

const answer = ({ description, schema, headers: names }: AnswerSpec): ZodOpenApiResponseObject => ({
  description,
  headers: answerHeadersOf(names),
  ...(schema && { content: { 'application/json': { schema, ...exampleOf(schema) } } }),
});

/** Builds the answers with problems, one for each status and set of types; the same set is the same component. */
function problemAnswers() {
  const made = new Map<string, ZodOpenApiResponseObject>();
  const answerFor = (status: number, types: readonly ProblemType[]) => {
    const { headers: names, ...rest } = problemAnswer(status, types);
    const known = made.get(rest.id) ?? { ...rest, headers: answerHeadersOf(names) };
    made.set(rest.id, known);
    return known;
  };
  return (route: Route) => {
    const byStatus = Map.groupBy(problemsOf(route), (type) => problemTypes[type].status);
    return Object.fromEntries([...byStatus].map(([status, types]) => [status, answerFor(status, types)]));
  };
}

/** Says in JSON Schema what zod's own translation leaves unsaid or says at length. */
const override: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema, io }) => {
  // What we send has one form; `format` names it well enough.
  if (io === 'output' && jsonSchema.format) delete jsonSchema.pattern;
};

/** The OpenAPI 3.1 document of the routes, pages left out. */
export function buildDocument(routes: readonly Route[]): OpenApiDocument {
  const problemAnswersOf = problemAnswers();
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes.filter(({ page }) => !page)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }

  function operation(route: Route): ZodOpenApiOperationObject {
    const { params, query, body, answers } = route;
    return {
      operationId: route.operation,
      summary: route.summary,
      ...(route.description !== undefined && { description: route.description }),
      tags: [tagOf(route)],
      security: route.authentication === 'access_token' ? [{ access_token: [] }] : [],
      requestParams: {
        ...(params && { path: params }),
        ...(query && { query }),
        header: z.object(pick(headerParameters, [...withRequestId(requestHeadersOf(route)), 'traceparent'])),
      },
      ...(body && { requestBody: requestBody(body) }),
      responses: {
        ...Object.fromEntries(Object.entries(answers).map(([status, spec]) => [status, answer(spec)])),
        ...problemAnswersOf(route),
      },
    };
  }

  return createDocument(
    {
      openapi: '3.1.1',
      info: {
        title: 'Sightline',
        version: service.version,
        description,
        license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/', description: 'The service that serves this document.' }],
      tags: tags.map(({ name, description: about }) => ({ name, description: about })),
      paths,
      components: {
        securitySchemes: {
          access_token: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'The `access_token` that a log-in answers, good for `expires_in` seconds.',
          },
        },
      },
    },
    { override },
  );
}
