/**
 * Every kind of error answer of the API, as a problem document (RFC 9457). The key is the last part of the
 * problem's `type`; a client branches on `type`, a person reads `title` and `detail`.
 */
export const problemTypes = {
  'malformed-request': { status: 400, title: 'The request is malformed' },
  'invalid-parameter': { status: 400, title: 'A parameter of the request is invalid' },
  unauthenticated: { status: 401, title: 'The request needs a valid access token' },
  'invalid-credentials': { status: 401, title: 'E-mail address or password is wrong' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'method-not-allowed': { status: 405, title: 'The resource does not offer this method' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'email-taken': { status: 409, title: 'The e-mail address is registered already' },
  'precondition-failed': { status: 412, title: 'The resource has changed' },
  'body-too-large': { status: 413, title: 'The request body is too large' },
  'unsupported-media-type': { status: 415, title: 'The media type of the body is not supported' },
  'validation-failed': { status: 422, title: 'The request body does not fit the schema' },
  'too-many-requests': { status: 429, title: 'Too many requests in too short a time' },
  'header-too-large': { status: 431, title: 'The header of the request is too large' },
  'internal-error': { status: 500, title: 'The service failed' },
  'answer-timeout': { status: 503, title: 'The service did not get done in time' },
  'service-unavailable': { status: 503, title: 'The service is unavailable for the moment' },
} as const satisfies Record<string, { status: number; title: string }>;

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
}

/** Thrown anywhere below the error middleware; becomes the answer. `detail` is shown to the client. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly type: ProblemType;
  readonly errors: readonly ProblemError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(type: ProblemType, detail: string, { errors, headers = {}, cause }: ProblemOptions = {}) {
    super(detail, { cause });
    this.type = type;
    this.errors = errors;
    this.headers = headers;
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
