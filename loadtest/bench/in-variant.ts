/** Loaded before a variant (`node --import`): it ends with whoever started it, and tells how long it was at work. */
import type { ProcessorTime, Question } from './start.ts';

process.on('disconnect', () => process.exit());
process.on('message', ({ ask }: Question) => {
  if (ask !== 'processor-time') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ seconds: (user + system) / 1e6 } satisfies ProcessorTime);
});
