import { faultChange, faultState } from '../faults/schema.ts';
import type { FaultSwitch } from '../faults/switch.ts';
import { Problem } from '../http/problem.ts';
import { json, type Route, route } from '../http/route.ts';

/**
 * Breaks the process on purpose, and mends it.
 * @param faults undefined when the process has no such switch
 */
export function faultRoutes(faults: FaultSwitch | undefined): Route[] {
  /**
   * 404 for the same reason as profiles.
   * @throws Problem when fault injection is off
   */
  function enabled(): FaultSwitch {
    if (faults) return faults;
    throw new Problem(
      'not-found',
      'Fault injection is off. The setting FAULT_INJECTION=on enables it, at the next start.',
    );
  }

  const path = '/debug/faults';
  return [
    route({
      method: 'get',
      path,
      operation: 'getFaults',
      summary: 'See the faults that are on',
      authentication: 'none',
      answers: { 200: { description: 'The faults, and when they end', schema: faultState } },
      problems: ['web-page-refused', 'not-found'],
      handler({ ctx }) {
        ctx.body = enabled().state();
      },
    }),
    route({
      method: 'put',
      path,
      operation: 'setFaults',
      summary: 'Replace the faults that are on, for a time',
      authentication: 'none',
      body: { schema: faultChange, types: json },
      answers: { 200: { description: 'The faults, and when they end', schema: faultState } },
      problems: ['web-page-refused', 'not-found'],
      handler({ body, ctx }) {
        const own = enabled();
        own.set(body);
        ctx.body = own.state();
      },
    }),
    route({
      method: 'delete',
      path,
      operation: 'endFaults',
      summary: 'End the faults that are on',
      authentication: 'none',
      answers: { 204: { description: 'None is on' } },
      problems: ['web-page-refused', 'not-found'],
      handler({ ctx }) {
        enabled().end();
        ctx.status = 204;
      },
    }),
  ];
}
