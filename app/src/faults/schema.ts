import { z } from 'zod';

function integer(min: number, max: number) {
  const error = `must be an integer from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

function ratio(min: number, max: number) {
  const error = `must be a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error });
}

const every = integer(1, 1_000_000);

/** Every n-th request fails as by an error of ours, or waits. */
const requests = z.discriminatedUnion(
  'effect',
  [
    z.strictObject({ every, effect: z.literal('fail') }),
    z.strictObject({ every, effect: z.literal('delay'), milliseconds: integer(1, 30_000) }),
  ],
  { error: ({ code }) => (code === 'invalid_union' ? 'must be fail or delay' : undefined) },
);

/** JavaScript keeps its thread busy, then leaves it free, again and again. */
const eventLoop = z.strictObject({
  block_milliseconds: integer(1, 5000),
  pause_milliseconds: integer(1, 60_000),
});

/**
 * Objects are kept until so much of what the old generation of the heap may take is used. V8 finds its collections
 * ineffective above the most of it, and ends the process.
 */
const heap = z.strictObject({ share: ratio(0.1, 0.95) });

/** The record of every n-th request fails where nothing but a guard catches. */
const recorder = z.strictObject({ every });

const kinds = {
  requests: requests.exactOptional(),
  event_loop: eventLoop.exactOptional(),
  heap: heap.exactOptional(),
  recorder: recorder.exactOptional(),
};

const faults = z.object(kinds);
const names = Object.keys(kinds);

/** The body of a request for faults. */
export const faultChange = z
  .strictObject({ seconds: integer(1, 3600), ...kinds })
  .refine((change) => names.some((name) => name in change), {
    error: `must have at least one of ${names.join(', ')}; DELETE ends all`,
  });

/** The faults that are on, as an answer has them. */
export const faultState = faults.extend({ ends_at: z.iso.datetime().nullable() });

export type Faults = z.output<typeof faults>;
export type FaultChange = z.output<typeof faultChange>;
export type FaultState = z.output<typeof faultState>;
export type RequestFault = z.output<typeof requests>;
export type EventLoopFault = z.output<typeof eventLoop>;
export type HeapFault = z.output<typeof heap>;
export type RecorderFault = z.output<typeof recorder>;
