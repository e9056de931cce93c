/** How a program of this folder can end, and how it says so. */
import { Interrupted, untilInterrupted } from '@sightline/settings/interrupt.ts';
import { reasonOf } from './reason.ts';

/** Another run does the same at this moment: nothing is wrong, and nothing was done. */
export class AnotherRun extends Error {
  override readonly name = 'AnotherRun';
}

/** The storage is away, full or refuses: worth another try. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
}

/** A backup that can't be trusted, or a target that may not be written to. Another try changes nothing. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Exit codes beside 0. Of AnotherRun it is EX_TEMPFAIL of sysexits.h. */
export const exitCodes = { failed: 1, anotherRun: 75 } as const;

/** Says a sentence with its time. */
export type Say = (sentence: string) => void;
export const say: Say = (sentence) =>
  void process.stdout.write(`${new Date().toISOString()} ${sentence.replaceAll('\n', ' ')}\n`);

/**
 * Runs a program: its error becomes a sentence on stderr and an exit code.
 * @param left what an interrupted run leaves, in a sentence
 * @param program told when it is interrupted; what it throws from then on is taken for that
 */
export async function run(
  left: string | (() => string),
  program: (interrupted: AbortSignal) => Promise<void>,
): Promise<void> {
  const interrupted = untilInterrupted();
  try {
    await program(interrupted);
  } catch (error) {
    const { reason } = interrupted as { reason: unknown };
    if (reason instanceof Interrupted) {
      process.stderr.write(
        `${new Date().toISOString()} ${reason.message} ${typeof left === 'string' ? left : left()}\n`,
      );
      process.exitCode = reason.exitCode;
      return;
    }
    process.stderr.write(`${new Date().toISOString()} ${reasonOf(error)}\n`);
    process.exitCode = error instanceof AnotherRun ? exitCodes.anotherRun : exitCodes.failed;
  }
}
