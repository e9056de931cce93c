import { readIfExists } from '@sightline/servers/atomic-file.ts';
import { isRunning, type ProcessIdentity } from '@sightline/servers/process-identity.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';

/** `done` is a task's success; `crashed` came up and ended too often; `failed` never came up. */
export type Condition =
  | 'waiting'
  | 'starting'
  | 'ready'
  | 'done'
  | 'stopping'
  | 'stopped'
  | 'failed'
  | 'crashed'
  | 'missing';

/** One component as the supervisor sees it. Times are ISO 8601. */
export interface ComponentState {
  state: Condition;
  process: ProcessIdentity | null;
  startedAt: string | null;
  readyAt: string | null;
  /** Starts after the first one. */
  restarts: number;
  /** How the last process ended. */
  exit: { code: number | null; signal: string | null } | null;
  /** A reason for people: why it waits, failed, or is missing. */
  detail: string;
}

/**
 * The state that the supervisor writes down on each change, for the other commands and for whoever cleans up
 * after it.
 */
export interface StackState {
  supervisor: ProcessIdentity;
  ports: Readonly<Record<string, number>>;
  components: Record<string, ComponentState>;
}

export const notStarted: ComponentState = {
  state: 'stopped',
  process: null,
  startedAt: null,
  readyAt: null,
  restarts: 0,
  exit: null,
  detail: '',
};

/** The state of the stack in this folder; undefined when none was started, or it was stopped in order. */
export function readState(stackDirectory: string): StackState | undefined {
  const text = readIfExists(pathsIn(stackDirectory).state);
  return text === undefined ? undefined : (JSON.parse(text) as StackState);
}

/** The state of a stack whose supervisor runs; undefined otherwise. */
export function readRunningState(stackDirectory: string): StackState | undefined {
  const state = readState(stackDirectory);
  return state !== undefined && isRunning(state.supervisor) ? state : undefined;
}
