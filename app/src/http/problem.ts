import type { Labels } from '@sightline/telemetry/metrics.ts';

/**
 * Every kind of error answer of the service, as a problem document (RFC 9457). The key is the last part of the
 * problem's `type`; a client branches on `type`, a person reads `title` and `detail`. `meaning` says when it comes
 * and what to do then, on the page at that address; backticks mark code in it.
 */
export const problemTypes = {
  'malformed-request': {
    status: 400,
    title: 'The request is malformed',
    meaning:
      "The request can't be read: broken JSON, text that is not UTF-8, a broken percent-encoding, or a header in a wrong form. Correct it before sending it again.",
  },
  'invalid-parameter': {
    status: 400,
    title: 'A parameter of the request is invalid',
    meaning:
      "A parameter of path or query has a value that the operation doesn't take, or is unknown to it. `errors` names each; `?limit` points at a query parameter, `/id` at one of the path.",
  },
  unauthenticated: {
    status: 401,
    title: 'The request needs a valid access token',
    meaning:
      'The request has no access token, or one that is wrong, has expired, or belongs to a user who is gone. Log in and send the new token as `Authorization: Bearer <token>`.',
  },
  'invalid-credentials': {
    status: 401,
    title: 'E-mail address or password is wrong',
    meaning:
      'No user has this e-mail address and password. The answer is the same whichever of the two is wrong.',
  },
  'invalid-refresh-token': {
    status: 401,
    title: 'The refresh token is not valid',
    meaning:
      'The refresh token is unknown, has expired, was used before, or belongs to a session that ended. A token that is used twice ends its session. Log in again.',
  },
  'web-page-refused': {
    status: 403,
    title: 'The request may come from a web page',
    meaning:
      'Only the management server answers so, to protect itself from pages that an operator has open. Ask it by IP address or as `localhost`, with a tool that sends no `Origin`, such as curl.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing at this address',
    meaning:
      "Nothing is here for you: the path is unknown, or the resource is deleted, never was, or belongs to another user. Check the address; asking again won't help.",
  },
  'method-not-allowed': {
    status: 405,
    title: 'The resource does not offer this method',
    meaning: 'The path exists, but not for this method. The `Allow` header lists the methods it takes.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    meaning: 'Header or body took too long to arrive. Send the request again over a better connection.',
  },
  'email-taken': {
    status: 409,
    title: 'The e-mail address is registered already',
    meaning: 'Another account uses this e-mail address. Log in with it, or register another one.',
  },
  'quota-exceeded': {
    status: 409,
    title: 'The user has no room for more todos or text',
    meaning:
      'A user may have so many todos and so many bytes of text in them (titles, descriptions, labels); deleted ones count, since they can be restored. Nothing was written, and the same request will not pass until there is room: shorten texts, use todos again for others, or ask who runs the service for more.',
  },
  'not-deleted': {
    status: 409,
    title: 'The resource is not deleted',
    meaning: 'Only a deleted resource can be restored, and this one is there. Nothing was changed.',
  },
  'idempotency-in-progress': {
    status: 409,
    title: 'A request with this idempotency key is in progress',
    meaning:
      'Another request with the same `Idempotency-Key` is still at work. Wait the seconds of `Retry-After` and send the same request again: it gets the answer of that one.',
  },
  'profile-in-progress': {
    status: 409,
    title: 'Another profile is being taken',
    meaning:
      'The management server takes one profile at a time, CPU or heap. Wait the seconds of `Retry-After` and ask again.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The resource has changed',
    meaning:
      'The resource is at another version than `If-Match` names: somebody changed it in between. Read it, decide again, and send the version you read. A weak tag (`W/"3"`) names no version.',
  },
  'body-too-large': {
    status: 413,
    title: 'The request body is too large',
    meaning:
      'The body is longer than this service reads. Send less at once; the connection is closed, since the rest was not read.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The media type of the body is not supported',
    meaning:
      "The body's media type, charset or content encoding is none that the operation reads. Send one of the media types it documents, in UTF-8 and not compressed.",
  },
  'expectation-failed': {
    status: 417,
    title: 'The request expects what this service does not do',
    meaning: 'The header field `Expect` has something else than `100-continue`. Send the request without it.',
  },
  'validation-failed': {
    status: 422,
    title: 'The request body does not fit the schema',
    meaning:
      "The body is JSON, but doesn't fit the schema of the operation. `errors` points at each wrong member (RFC 6901); nothing was written.",
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The idempotency key belongs to another request',
    meaning:
      'This `Idempotency-Key` came with another request before. A key stands for one request: take a new key for a new one, and send a repeated one unchanged.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests in too short a time',
    meaning:
      'You, or everyone at your address together, sent more requests than a limit allows, too many log-ins are in progress from your address, or too many wrong passwords came for the account. `RateLimit-Policy` names the limits of requests; wait the seconds of `Retry-After`. Where the user has logged in before, wrong passwords from elsewhere keep nobody out.',
  },
  'header-too-large': {
    status: 431,
    title: 'The header of the request is too large',
    meaning:
      'Request line and header are longer than the service reads. Send fewer or shorter header fields.',
  },
  'internal-error': {
    status: 500,
    title: 'The service failed',
    meaning:
      'The service failed by a fault of its own. Report the `request_id`: the cause is logged under it.',
  },
  'answer-timeout': {
    status: 503,
    title: 'The service did not get done in time',
    meaning:
      'The service took longer over this request than it may. What you asked for may still happen: look before you send it again, or send it with an `Idempotency-Key`.',
  },
  'too-many-connections': {
    status: 503,
    title: 'The instance has too many connections',
    meaning:
      'The instance has as many connections as `MAX_CONNECTIONS` lets it. Nothing was read from this one; use one that is open, or try again later.',
  },
  'service-unavailable': {
    status: 503,
    title: 'The service is unavailable for the moment',
    meaning:
      "The service can't answer now, mostly because its database is away. Wait the seconds of `Retry-After` and send the same request again.",
  },
} as const satisfies Record<string, { status: number; title: string; meaning: string }>;

export type ProblemType = keyof typeof problemTypes;

/** One wrong value: `#/title` points into the body (RFC 6901), `?limit` at a query parameter, `/id` at one of the path. */
export interface ProblemError {
  readonly pointer: string;
  readonly detail: string;
}

/** The document a client gets, as `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance: string;
  readonly request_id: string;
  readonly errors?: readonly ProblemError[];
}

interface ProblemOptions {
  readonly errors?: readonly ProblemError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
  /** The limit that was reached. */
  readonly limiter?: Labels<'rate_limit_rejections_total'>['limiter'];
}

/** Thrown anywhere below the error middleware; becomes the answer. `detail` is shown to the client. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly type: ProblemType;
  readonly errors: readonly ProblemError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly limiter: ProblemOptions['limiter'];

  constructor(
    type: ProblemType,
    detail: string,
    { errors, headers = {}, cause, limiter }: ProblemOptions = {},
  ) {
    super(detail, { cause });
    this.type = type;
    this.errors = errors;
    this.headers = headers;
    this.limiter = limiter;
  }

  get status(): number {
    return problemTypes[this.type].status;
  }

  /**
   * @param instance path of the request, without its query: that can hold what a person searched for
   */
  toDocument(instance: string, requestId: string): ProblemDocument {
    const { status, title } = problemTypes[this.type];
    return {
      type: `/problems/${this.type}`,
      title,
      status,
      detail: this.message,
      instance,
      request_id: requestId,
      ...(this.errors && { errors: this.errors }),
    };
  }
}
