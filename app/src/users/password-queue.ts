import { Problem } from '../http/problem.ts';

/** A place in the queue is free within a fraction of a second. */
const headers = { 'Retry-After': '1' };

const serviceIsFull = () =>
  new Problem('service-unavailable', 'Too many log-ins are in progress. Try again in a second.', { headers });
const clientHasItsShare = () =>
  new Problem(
    'too-many-requests',
    'Too many log-ins are in progress from this address. Try again in a second, with fewer at once.',
    { headers, limiter: 'password_queue' },
  );

/** Bounds how much password work is done at once, so that a rush of log-ins slows down nothing but log-ins. */
export interface PasswordQueue {
  /**
   * Does the work when its turn comes, first in first out. All places are anybody's; once none is left, they are
   * shared out evenly: a client that has fewer than another takes the newest that waits of the one that has most.
   * @param client whose places are counted together, as `clientNetwork` writes it
   * @throws Problem too-many-requests when the client has its share, or more than it until another wanted some;
   *   service-unavailable when too many clients wait; either way the work is never begun
   */
  run<Result>(client: string, work: () => Promise<Result>): Promise<Result>;
  /** How much waits for its turn. */
  readonly length: number;
}

interface Waiting {
  readonly client: string;
  readonly begin: () => void;
  readonly refuse: (problem: Problem) => void;
}

/**
 * @param limits how much is worked on at once, and how much may wait beside it
 * @param refused called when too much is waiting for the service, whoever brings it
 */
export function createPasswordQueue(
  limits: { atOnce: number; waiting: number },
  refused: () => void = () => {},
): PasswordQueue {
  let working = 0;
  const waiting: Waiting[] = [];
  /** Places of each client that has any, at work or waiting. */
  const places = new Map<string, number>();
  const placesOf = (client: string) => places.get(client) ?? 0;

  function give(client: string, change: 1 | -1): void {
    const left = placesOf(client) + change;
    if (left === 0) places.delete(client);
    else places.set(client, left);
  }

  /** The newest that waits of the client with most places, if that has more than the given one gets. */
  function takeFromLargest(client: string): Waiting | undefined {
    let [index, max] = [-1, placesOf(client) + 2];
    for (const [n, { client: other }] of waiting.entries()) {
      if (placesOf(other) < max) continue;
      [index, max] = [n, placesOf(other)];
    }
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  }

  /** @throws Problem when there is no place for the client, nor one that it may take from another */
  function makeRoom(client: string): void {
    const displaced = takeFromLargest(client);
    if (displaced) {
      give(displaced.client, -1);
      displaced.refuse(clientHasItsShare());
      return;
    }
    const clients = places.size + (places.has(client) ? 0 : 1);
    const share = Math.max(1, Math.floor((limits.atOnce + limits.waiting) / clients));
    if (placesOf(client) >= share) throw clientHasItsShare();
    refused();
    throw serviceIsFull();
  }

  /** Gives the client a place, and waits until its turn comes. */
  async function turn(client: string): Promise<void> {
    const isFree = working < limits.atOnce;
    if (!isFree && waiting.length >= limits.waiting) makeRoom(client);
    give(client, 1);
    if (isFree) working += 1;
    else await new Promise<void>((begin, refuse) => waiting.push({ client, begin, refuse }));
  }

  return {
    get length() {
      return waiting.length;
    },
    async run(client, work) {
      await turn(client);
      try {
        return await work();
      } finally {
        give(client, -1);
        // The place goes to the next in line without becoming free, so that no newcomer takes it meanwhile.
        const next = waiting.shift();
        if (next) next.begin();
        else working -= 1;
      }
    },
  };
}
