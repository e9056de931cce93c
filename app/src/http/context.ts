import type { AuditEventName } from '@sightline/contract/signals.ts';
import type { Labels } from '@sightline/telemetry/metrics.ts';
import type { FieldsOf, Log } from '../telemetry/log.ts';
import type { RequestContext } from '../telemetry/request-context.ts';
import { clientNetwork } from './network-address.ts';

/** The facts that the middleware knows about a request by the time a handler runs. */
export interface RequestState {
  /** Given by the client's `X-Request-Id` or made here; in the answer, each log line and each problem. */
  requestId: string;
  /** A UUID made here whatever the client sent, so that no two requests share it; in each log line and audit event. */
  transactionId: string;
  /** Its lines bear the request's id, trace, client and user. */
  log: Log;
  /** Its place in a trace, and what the database took of its time. */
  trace: RequestContext;
  /**
   * Address of the client, as far as the proxies before us can be believed; IPv4 also when mapped into IPv6.
   */
  clientAddress: string;
  /** Template of the matched route, such as `/v1/todos/:id`; undefined where none matched. */
  route?: string;
  /** Method of the matched route, which is GET for a HEAD. */
  routeMethod?: Labels<'http_requests_total'>['method'];
  /** Owner of the access token; undefined on routes that take none. */
  userId?: string;
  /** Session that the access token was issued in; undefined where `userId` is. */
  sessionId?: string;
  /** The query as the schema of its route gives it. */
  query?: unknown;
  /** The rate limit that refused the request. */
  limitedBy?: Labels<'rate_limit_rejections_total'>['limiter'];
  /** The answer is that of an earlier request with the same Idempotency-Key. */
  replayed?: true;
}

/** Whose requests are counted together where there is no user. */
export const networkOf = ({ clientAddress }: RequestState): string => clientNetwork(clientAddress);

/** The user who does something, for the audit trail. */
export interface Actor {
  readonly userId: string;
  /** Session of the access token; it may have ended since the token was issued. */
  readonly sessionId: string;
  /** Transaction id of the request. */
  readonly requestId: string;
  /** Writes down what was done, as soon as it is sure: after the commit where there is a transaction. */
  audit<Event extends AuditEventName>(event: Event, fields: FieldsOf<Event>): void;
}
