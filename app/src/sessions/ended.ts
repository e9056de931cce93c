import { sessionEnded } from '../http/authentication.ts';
import type { Log } from '../telemetry/log.ts';
import type { EndReason } from './repository.ts';

const reasons: Readonly<Record<EndReason | 'too_many', string>> = {
  ended: 'its user ended it',
  password_changed: 'its user changed the password',
  too_many: 'its user began more than they may have',
};

/** A line of the audit trail for each session that was ended by something else than a token of its own. */
export function auditEnded(
  log: Log,
  userId: string,
  ended: readonly string[],
  reason: keyof typeof reasons,
): void {
  for (const id of ended)
    log.write('session-ended', {
      'event.outcome': 'success',
      'event.reason': reasons[reason],
      'user.id': userId,
      'labels.session_id': id,
    });
}

/**
 * Returns the session or sessions that a caller ended.
 * @throws Problem when there are none, since the caller's own session is over
 */
export function requireSession<Ended>(ended: Ended | undefined): Ended {
  if (!ended) throw sessionEnded();
  return ended;
}
