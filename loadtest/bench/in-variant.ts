/**
 * Loaded before a variant (`node --import`): it ends with whoever started it, and tells how long it was at work, and whether
 * it has its processor to itself.
 */
import { slowdownHere } from './contention.ts';
import type { Answer, Question } from './start.ts';

process.on('disconnect', () => process.exit());
process.on('message', ({ ask }: Question) => {
  const { user, system } = process.cpuUsage();
  if (ask === 'processor-time')
    process.send?.({ answer: (user + system) / 1e6 } satisfies Answer<typeof ask>);
  if (ask === 'slowdown') process.send?.({ answer: slowdownHere() } satisfies Answer<typeof ask>);
});
