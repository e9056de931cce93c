import { z } from 'zod';
import { entityTagList } from './conditional.ts';
import { acceptableKey } from './idempotency.ts';

/** Request headers that a route can take, as its declaration says. */
export const requestHeaders = {
  'Idempotency-Key': z.string().meta({
    description:
      'Any key of the client’s own, such as a UUID. The same request with the same key is carried out once and gets the same answer, marked `Idempotent-Replayed: true`.',
    pattern: acceptableKey.source,
    examples: ['8e03978e-40d5-43e8-bc93-6894a57f9324'],
  }),
  'If-Match': z.string().meta({
    description:
      'Goes on only when the resource has one of these versions; else 412. `*` takes any. The comparison is strong (RFC 9110, section 13.1.1): a weak tag such as `W/"3"` matches no version. Behind a proxy that makes tags weak, put `version` in quotes.',
    pattern: `^\\*$|${entityTagList.source}`,
    examples: ['"3"'],
  }),
  'If-None-Match': z.string().meta({
    description: 'Answers 304 without a body when the resource still has one of these versions.',
    examples: ['"3"'],
  }),
} as const satisfies Record<string, z.ZodString>;
/** Those that a declaration lists; `idempotent: true` brings its own along. */
export type RequestHeader = Exclude<keyof typeof requestHeaders, 'Idempotency-Key'>;

/** Headers that an answer can have, as declarations and problems name them. */
export const answerHeaders = {
  ETag: z
    .string()
    .meta({ description: 'Version of the resource, for If-Match and If-None-Match.', examples: ['"3"'] }),
  Link: z.string().meta({
    description: 'Addresses of the first and, where there is one, the next page (RFC 8288).',
    examples: ['</v1/todos?limit=20>; rel="first"'],
  }),
  Location: z.string().meta({
    description: 'Path of the new resource.',
    format: 'uri-reference',
    examples: ['/v1/todos/01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70'],
  }),
  'Retry-After': z.string().meta({
    description: 'Seconds to wait before the request is sent again.',
    pattern: '^[0-9]+$',
    examples: ['5'],
  }),
  'WWW-Authenticate': z.string().meta({
    description: 'The challenge of RFC 6750, section 3.',
    examples: ['Bearer realm="sightline", error="invalid_token"'],
  }),
} as const satisfies Record<string, z.ZodString>;
export type AnswerHeader = keyof typeof answerHeaders;

/** Headers of every answer to a client whose requests are counted: each limit that counted this one. */
export const rateLimitHeaders = {
  'RateLimit-Policy': z.string().meta({
    description: 'What the limits allow: `q` requests in `w` seconds (draft-ietf-httpapi-ratelimit-headers).',
    examples: ['"ip";q=6000;w=60, "user";q=3000;w=60'],
  }),
  RateLimit: z.string().meta({
    description: 'Where the client stands: `r` requests are left for the next `t` seconds.',
    examples: ['"ip";r=5998;t=43, "user";r=2999;t=43'],
  }),
} as const satisfies Record<string, z.ZodString>;

/** Header of every request: the id that its answer and log lines carry. */
export const requestIdHeader = z.string().meta({
  description:
    'Id of the request. One of up to 128 letters, digits, dots, hyphens and underscores is kept; else the service makes one, which the events of the audit trail bear too.',
  examples: ['7f3c1d9e-2b64-4c8a-9a55-0d8f6f1c2e11'],
});

/** The two ends of a trace (W3C Trace Context). */
export const traceHeaders = {
  traceparent: z.string().meta({
    description:
      'The trace that the request belongs to, and the caller’s span in it (W3C Trace Context). One that isn’t valid begins a new trace. Whether the trace is recorded is said by `traceresponse`: a client can ask for it (`sampled`) within a limit, or not at all, as the service is set.',
    examples: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  }),
  traceresponse: z.string().meta({
    description:
      'The trace and the span of the request, in the form of `traceparent` (W3C Trace Context, draft of the response header).',
    examples: ['00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01'],
  }),
} as const satisfies Record<string, z.ZodString>;
