import { describe, expect, test } from '@jest/globals';
import { createPasswordQueue } from '../../src/users/password-queue.ts';

/** A queue of work that ends when the test says so. */
function controlledQueue(atOnce: number, waiting: number) {
  const queue = createPasswordQueue({ atOnce, waiting });
  /** Work under way, by number, with the function that ends it. */
  const running = new Map<number, (error?: Error) => void>();
  const begun: number[] = [];
  const outcomes: string[] = [];
  return {
    running,
    begun,
    outcomes,
    async arrive(name: number, client = `client ${name}`) {
      const work = () =>
        new Promise<string>((resolve, reject) => {
          begun.push(name);
          running.set(name, (error) => (error ? reject(error) : resolve(`done ${name}`)));
        });
      queue.run(client, work).then(
        (result) => (outcomes[name] = result),
        (error: Error) => (outcomes[name] = error.message),
      );
      await settled();
    },
    async end(name: number, error?: Error) {
      running.get(name)?.(error);
      running.delete(name);
      await settled();
    },
  };
}

/** Everything that can go on without the test has gone on. */
const settled = () => new Promise(setImmediate);

/** The same numbers at every run, from 0 to below the given one (a linear congruential generator). */
function numbers(seed = 42): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const shareTaken =
  'Too many log-ins are in progress from this address. Try again in a second, with fewer at once.';
const refusal = 'Too many log-ins are in progress. Try again in a second.';

describe('the password queue', () => {
  test('works in the order of arrival, and gives each the result of its own work', async () => {
    const { arrive, end, begun, outcomes } = controlledQueue(2, 10);
    for (const name of [0, 1, 2, 3, 4]) await arrive(name);
    expect(begun).toEqual([0, 1]);
    await end(1);
    expect(begun).toEqual([0, 1, 2]);
    await end(2);
    await end(0);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    await end(4);
    await end(3);
    expect(outcomes).toEqual(['done 0', 'done 1', 'done 2', 'done 3', 'done 4']);
  });

  test('passes an error on to who brought the work, and the place to the next', async () => {
    const { arrive, end, begun, outcomes } = controlledQueue(1, 1);
    await arrive(0);
    await arrive(1);
    await end(0, new Error('out of memory'));
    expect(outcomes).toEqual(['out of memory']);
    expect(begun).toEqual([0, 1]);
  });

  test('refuses what finds no place, with a time to come back', async () => {
    const queue = createPasswordQueue({ atOnce: 1, waiting: 0 });
    const first = queue.run('a', settled);
    await expect(queue.run('b', settled)).rejects.toMatchObject({
      type: 'service-unavailable',
      message: refusal,
      headers: { 'Retry-After': '1' },
    });
    await first;
    await queue.run('b', settled);
  });

  test.each([
    [1, 0],
    [1, 5],
    [2, 16],
    [3, 1],
    [7, 100],
  ])(
    'with %i at once and %i waiting keeps to both and to the order, and loses no place, whatever comes and fails',
    async (atOnce, waiting) => {
      const { arrive, end, running, begun, outcomes } = controlledQueue(atOnce, waiting);
      const random = numbers();
      const expected: string[] = [];
      const accepted: number[] = [];
      let inside = 0;
      for (let step = 0; step < 1000; step += 1) {
        // More arrive than end, so that the queue is full most of the time.
        if (running.size === 0 || random(5) < 3) {
          const name = expected.length;
          const full = inside === atOnce + waiting;
          await arrive(name);
          expected.push(full ? refusal : `done ${name}`);
          if (!full) {
            accepted.push(name);
            inside += 1;
          }
        } else {
          const name = [...running.keys()][random(running.size)] ?? 0;
          if (random(4) === 0) expected[name] = 'failed';
          await end(name, expected[name] === 'failed' ? new Error('failed') : undefined);
          inside -= 1;
        }
        expect(running.size).toBe(Math.min(inside, atOnce));
      }
      while (running.size > 0) for (const name of running.keys()) await end(name);
      expect(outcomes).toEqual(expected);
      expect(begun).toEqual(accepted);
      expect(new Set(expected)).toContain(refusal);
    },
  );

  test('lets one client have all places, and refuses it more by its share', async () => {
    const { arrive, end, running, outcomes } = controlledQueue(1, 3);
    for (const name of [0, 1, 2, 3, 4, 5]) await arrive(name, 'flood');
    expect(outcomes.slice(4)).toEqual([shareTaken, shareTaken]);
    for (const name of [0, 1, 2, 3]) await end(name);
    expect(outcomes).toEqual(['done 0', 'done 1', 'done 2', 'done 3', shareTaken, shareTaken]);
    expect(running.size).toBe(0);
  });

  test('gives a newcomer the newest place of whoever has most, until all have as many', async () => {
    const { arrive, end, begun, outcomes } = controlledQueue(1, 3);
    for (const name of [0, 1, 2, 3]) await arrive(name, 'flood');
    await arrive(4, 'honest');
    await arrive(5, 'honest');
    expect(outcomes.flatMap((outcome, name) => [[name, outcome]])).toEqual([
      [2, shareTaken],
      [3, shareTaken],
    ]);
    // Both have two by now: neither gets a third.
    for (const [name, client] of [
      [6, 'honest'],
      [7, 'flood'],
    ] as const)
      await arrive(name, client);
    expect(outcomes.slice(6)).toEqual([shareTaken, shareTaken]);
    for (const name of [0, 1, 4, 5]) await end(name);
    expect(begun).toEqual([0, 1, 4, 5]);
  });

  test('is full for the service only when each client has its share', async () => {
    const { arrive, outcomes } = controlledQueue(1, 2);
    for (const name of [0, 1, 2]) await arrive(name);
    await arrive(3, 'client 0');
    await arrive(4);
    expect(outcomes.slice(3)).toEqual([shareTaken, refusal]);
  });

  test('with clients that come and go loses no place, and lets nobody have more than one beyond another who wants some', async () => {
    const { arrive, end, running, outcomes } = controlledQueue(2, 6);
    const random = numbers(7);
    let names = 0;
    for (let step = 0; step < 2000; step += 1) {
      if (running.size === 0 || random(5) < 3) {
        await arrive(names, `client ${random(3) === 0 ? random(4) : 9}`);
        names += 1;
      } else await end([...running.keys()][random(running.size)] ?? 0);
    }
    while (running.size > 0) for (const name of running.keys()) await end(name);
    expect(Object.keys(outcomes)).toHaveLength(names);
    const refused = outcomes.filter((outcome) => !outcome.startsWith('done'));
    expect(new Set(refused)).toContain(shareTaken);
    // All places are free again: eight fit, and no more.
    const before = names;
    for (; names < before + 9; names += 1) await arrive(names, 'last');
    expect(running.size).toBe(2);
    expect(outcomes.slice(before).filter(Boolean)).toEqual([shareTaken]);
  });
});
