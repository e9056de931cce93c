import type { Logger } from 'pino';

/** From the most talkative to none. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * A logger for a part that lives as long as its parent, such as the database. It follows when the parent's level
 * changes, which a child of pino's own doesn't; a request's logger is too short-lived to need that.
 */
export function componentLogger(log: Logger, component: string): Logger {
  const child = log.child({ component });
  log.on('level-change', (level, _value, _before, _valueBefore, changed) => {
    // pino's children inherit their parent's listeners.
    if (changed === log) child.level = level;
  });
  return child;
}
