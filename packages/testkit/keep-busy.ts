/**
 * Keeps the processor of this thread at work.
 * @param processorMs milliseconds of processor time; a few slices of a scheduler's are enough to see whom it serves beside
 * @returns how many milliseconds passed meanwhile: as many on a machine that has nothing else to do
 */
export function keepBusy(processorMs: number): number {
  const began = performance.now();
  const before = process.threadCpuUsage();
  const usedMs = () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1000;
  };
  while (usedMs() < processorMs);
  return performance.now() - began;
}
