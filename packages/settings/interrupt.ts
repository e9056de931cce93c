/**
 * The handling of SIGINT, SIGTERM and SIGHUP. Process 1 of a container has no default action for them:
 * without a handler it goes on, and is killed when the grace period is over.
 */
import { constants } from 'node:os';

const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type Interruption = (typeof interruptions)[number];

/** A clean-up that takes longer, since the database is away for one, is given up: Docker kills after ten seconds. */
const cleanUpMs = 8000;

/** Does something at the first of these signals. Terminals and supervisors send a second one, which changes nothing. */
export function onInterrupt(stop: (signal: Interruption) => unknown): void {
  let stopped = false;
  for (const signal of interruptions)
    process.on(signal, () => {
      if (stopped) return;
      stopped = true;
      stop(signal);
    });
}

/** The exit code that shells use: 128 and the number of the signal. */
export const exitCodeOf = (signal: Interruption): number => 128 + constants.signals[signal];

/**
 * Makes a controller that aborts when the program is interrupted; the program's own code may abort it too.
 * Whoever asks its signal undoes what it began, and the program ends by itself, with the exit code of the
 * signal.
 * @param message of the reason
 */
export function abortedByInterrupt(message = 'Interrupted.'): AbortController {
  const interrupt = new AbortController();
  onInterrupt((signal) => {
    process.exitCode = exitCodeOf(signal);
    interrupt.abort(new Error(message));
  });
  return interrupt;
}

/** Why a program that has to come to an end by itself did not. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(signal: Interruption) {
    super(`Interrupted by ${signal}.`);
    this.exitCode = exitCodeOf(signal);
  }
}

/**
 * For a program each of whose steps is whole in itself, and whose next run goes on: it ends at once.
 * @param left what it leaves, in a sentence
 */
export function endWhenInterrupted(left: string): void {
  onInterrupt((signal) => {
    const { message, exitCode } = new Interrupted(signal);
    process.stderr.write(`${message} ${left}\n`);
    process.exit(exitCode);
  });
}

/**
 * A signal that aborts when the program is interrupted; its reason is an Interrupted. Whoever waits or begins something
 * new asks it. When the program has not ended 8 s later, it is ended as it is, and says so on stderr.
 */
export function untilInterrupted(): AbortSignal {
  const interrupt = new AbortController();
  onInterrupt((signal) => {
    const reason = new Interrupted(signal);
    setTimeout(() => {
      process.stderr.write(
        `${reason.message} The clean-up did not end within ${cleanUpMs / 1000} s; the next run finds what is left of it.\n`,
      );
      process.exit(reason.exitCode);
    }, cleanUpMs).unref();
    interrupt.abort(reason);
  });
  return interrupt.signal;
}
