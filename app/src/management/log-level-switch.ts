import { guarded } from '../telemetry/guarded.ts';
import type { RootLog } from '../telemetry/log.ts';
import type { LogLevel } from '../telemetry/log-level.ts';

/** The level of the log now, and the one that holds when a change for a time is over. */
export interface LogLevelState {
  readonly level: LogLevel;
  /** When `returns_to` holds again, RFC 3339; `null` when the level is there to stay. */
  readonly returns_at: string | null;
  readonly returns_to: LogLevel | null;
}

/** The level of a process's log, changed while it runs. */
export interface LogLevelSwitch {
  state(): LogLevelState;
  /**
   * Takes the place of whatever was set before.
   * @param seconds after which the last level that was set to stay holds again; for good without
   * @returns the level until now
   */
  set(level: LogLevel, seconds?: number): LogLevel;
}

/** The switch of a process's log. */
export function createLogLevelSwitch(log: RootLog): LogLevelSwitch {
  const current = () => log.level;
  let lasting = current();
  let temporary: { readonly timer: NodeJS.Timeout; readonly until: string } | undefined;

  function change(level: LogLevel, seconds?: number): void {
    log.write('log-level-changed', {
      'labels.log_level': level,
      'labels.previous_log_level': current(),
      'labels.seconds': seconds,
    });
    log.level = level;
  }

  const comeBack = guarded(log, 'log_level', () => {
    temporary = undefined;
    change(lasting);
  });

  return {
    state: () => ({
      level: current(),
      returns_at: temporary?.until ?? null,
      returns_to: temporary ? lasting : null,
    }),
    set(level, seconds) {
      const previous = current();
      clearTimeout(temporary?.timer);
      change(level, seconds);
      if (seconds === undefined) {
        temporary = undefined;
        lasting = level;
      } else {
        const until = new Date(Date.now() + seconds * 1000).toISOString();
        temporary = { timer: setTimeout(comeBack, seconds * 1000).unref(), until };
      }
      return previous;
    },
  };
}
