import type { Logger } from 'pino';
import type { RequestContext } from '../telemetry/request-context.ts';

/** What the middleware knows about a request by the time a handler runs. */
export interface RequestState {
  /** Given by the client's `X-Request-Id` or made here; in the answer, each log line and each problem. */
  requestId: string;
  log: Logger;
  /** Its place in a trace, and what the database took of its time. */
  trace: RequestContext;
  /** Who sends the request, as far as the proxies before us can be believed; IPv4 also when mapped into IPv6. */
  clientAddress: string;
  /** Template of the matched route, such as `/v1/todos/:id`; undefined where none matched. */
  route?: string;
  /** Owner of the access token; undefined on routes that take none. */
  userId?: string;
  /** Session that the access token was issued in; undefined where `userId` is. */
  sessionId?: string;
  /** Name of the rate limit that refused the request. */
  limitedBy?: string;
}

/** Who does something, for the audit trail. */
export interface Actor {
  readonly userId: string;
  readonly requestId: string;
}
