import { SpanStatusCode } from '@opentelemetry/api';
import type { DatabaseAddress } from '@sightline/settings/kinds.ts';
import { currentRequest } from '../telemetry/request-context.ts';
import { spanTime } from '../telemetry/span-clock.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { databaseErrorKind } from './errors.ts';
import type { StatementListener } from './statements.ts';

/**
 * A span for each statement of a request that is recorded, by OpenTelemetry's semantic conventions for database
 * clients. It names the statement; neither its text nor its values are in it. Background work has no spans.
 */
export function statementSpans(
  tracing: Tracing,
  { host, port, database }: DatabaseAddress,
): StatementListener {
  return {
    sent(name) {
      const parent = currentRequest()?.span;
      if (!parent) return undefined;
      const span = tracing.startCall(name, parent, {
        'db.system.name': 'postgresql',
        'db.namespace': database,
        'db.operation.name': name,
        'db.query.summary': name,
        'server.address': host,
        'server.port': port,
      });
      return (_durationMs, error) => {
        if (error !== undefined) {
          span.setAttribute('error.type', databaseErrorKind(error)).setStatus({ code: SpanStatusCode.ERROR });
        }
        span.end(spanTime());
      };
    },
  };
}
