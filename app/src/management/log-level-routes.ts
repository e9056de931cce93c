import { json, type Route, route } from '../http/route.ts';
import type { RootLog } from '../telemetry/log.ts';
import { createLogLevelSwitch } from './log-level-switch.ts';
import { logLevelChange, logLevelChanged, logLevelState } from './schema.ts';

/** Reads and changes what the process logs. */
export function logLevelRoutes(log: RootLog): Route[] {
  const levelSwitch = createLogLevelSwitch(log);
  return [
    route({
      method: 'get',
      path: '/debug/log-level',
      operation: 'getLogLevel',
      summary: 'Read the log level',
      authentication: 'none',
      answers: { 200: { description: 'The level', schema: logLevelState } },
      problems: ['web-page-refused'],
      handler({ ctx }) {
        ctx.body = levelSwitch.state();
      },
    }),
    route({
      method: 'put',
      path: '/debug/log-level',
      operation: 'setLogLevel',
      summary: 'Change the log level, for a time or for good',
      authentication: 'none',
      body: { schema: logLevelChange, types: json },
      answers: { 200: { description: 'The level, and the one before', schema: logLevelChanged } },
      problems: ['web-page-refused'],
      handler({ body: { level, seconds }, ctx }) {
        const previous = levelSwitch.set(level, seconds);
        ctx.body = { ...levelSwitch.state(), previous };
      },
    }),
  ];
}
