import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openLog } from '@sightline/servers/log-file.ts';
import { identify, killIfThere } from '@sightline/servers/process-identity.ts';
import { DeadlineError, waitFor, waitUntilReady } from '@sightline/servers/readiness.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import type { Component } from './component.ts';
import type { Settings } from './settings.ts';
import { type ComponentState, notStarted } from './state.ts';

const firstPauseSeconds = 0.5;
const longestPauseSeconds = 10;
const tooManyCrashes = 5;
const crashWindowSeconds = 60;

type Exit = NonNullable<ComponentState['exit']>;

/** One component's life: starts, restarts after a crash, stop. It knows nothing of the other components. */
export class Supervised {
  readonly component: Component;
  state: ComponentState = notStarted;
  /** Whether it shall run. The supervisor starts it when what it depends on is ready. */
  wanted = false;
  /** Set while it is starting, running, or stopping. */
  #stop: AbortController | undefined;
  readonly #settings: Settings;
  readonly #changed: () => void;

  constructor(component: Component, settings: Settings, changed: () => void) {
    this.component = component;
    this.#settings = settings;
    this.#changed = changed;
  }

  get idle(): boolean {
    return this.#stop === undefined;
  }

  /** Begins a life, with a clean record. Only for an idle component. */
  start(): void {
    const stop = new AbortController();
    this.#stop = stop;
    this.state = notStarted;
    this.#live(stop.signal)
      .catch((error: unknown) => this.set({ state: 'failed', detail: messageOf(error) }))
      .finally(() => {
        this.#stop = undefined;
        this.#changed();
      });
  }

  /** Begins the end; it is idle once the process has gone, at the latest shortly after the stop deadline. */
  stop(): void {
    this.wanted = false;
    if (this.#stop === undefined) {
      this.set({ state: 'stopped', detail: '' });
    } else if (!this.#stop.signal.aborted) {
      this.set({ state: 'stopping', detail: '' });
      this.#stop.abort(new Error('asked to stop'));
    }
  }

  set(change: Partial<ComponentState>): void {
    this.state = { ...this.state, ...change };
    this.#changed();
  }

  async #live(stop: AbortSignal): Promise<void> {
    const missing = this.component.needs?.(this.#settings);
    if (missing !== undefined) return this.set({ state: 'missing', detail: missing });
    let crashes: number[] = [];
    while (!stop.aborted) {
      const { state, detail } = await this.#oneProcess(stop);
      if (stop.aborted) break;
      if (state !== 'crashed') return this.set({ state, detail });
      const since = performance.now() - crashWindowSeconds * 1000;
      crashes = [...crashes.filter((time) => time > since), performance.now()];
      const givesUp = this.component.kind === 'task' || this.component.restartedBy === 'nobody';
      if (givesUp || crashes.length >= tooManyCrashes) return this.set({ state, detail });
      const seconds = Math.min(firstPauseSeconds * 2 ** (crashes.length - 1), longestPauseSeconds);
      this.set({ state: 'waiting', detail: `${detail}; starts again in ${seconds} s` });
      await pause(seconds * 1000, undefined, { signal: stop }).catch(() => {});
      if (!stop.aborted) this.set({ restarts: this.state.restarts + 1 });
    }
    this.set({ state: 'stopped', detail: '' });
  }

  /** From the preparation to the end of one process, and how that was. */
  async #oneProcess(stop: AbortSignal): Promise<{ state: 'done' | 'failed' | 'crashed'; detail: string }> {
    const { component } = this;
    let child: ChildProcess | undefined;
    let exited: Promise<Exit> | undefined;
    try {
      const startedAt = new Date().toISOString();
      this.set({ state: 'starting', startedAt, readyAt: null, exit: null, detail: '' });
      await component.prepare?.(this.#settings, stop, (detail) => this.set({ detail }));
      if (this.state.detail !== '' && !stop.aborted) this.set({ detail: '' });
      stop.throwIfAborted();
      child = this.#spawn();
      exited = exitOf(child);
      await this.#untilReady(exited, stop);
      this.set({ readyAt: new Date().toISOString() });
      if (component.kind === 'task') return { state: 'done', detail: '' };
      this.set({ state: 'ready' });
      return { state: 'crashed', detail: describeExit(await Promise.race([exited, aborted(stop)])) };
    } catch (error) {
      // What was up once is given more tries; what never was has a fault that trying again doesn't mend.
      const tryAgain = this.state.restarts > 0 && !(error instanceof DeadlineError);
      return { state: tryAgain ? 'crashed' : 'failed', detail: messageOf(error) };
    } finally {
      if (child?.pid !== undefined && exited !== undefined) await this.#end(child, child.pid, exited);
    }
  }

  #spawn(): ChildProcess {
    const { name } = this.component;
    const { command, args, env, ...options } = this.component.launch(this.#settings);
    // The file itself and no pipe: a component must outlive a supervisor that is killed.
    const log = openLog(pathsIn(this.#settings.stackDirectory).log(name));
    try {
      const child = spawn(command, args, {
        cwd: checkout,
        ...options,
        env: { ...process.env, ...env },
        stdio: ['ignore', log, log],
        detached: true,
      });
      if (child.pid !== undefined) this.set({ process: identify(child.pid) ?? null });
      return child;
    } finally {
      closeSync(log);
    }
  }

  async #untilReady(exited: Promise<Exit>, stop: AbortSignal): Promise<void> {
    const { component } = this;
    const over = new AbortController();
    const signal = AbortSignal.any([stop, over.signal]);
    const isTask = component.kind === 'task';
    const ended = exited.then((exit) => {
      if (!isTask) throw new Error(`${describeExit(exit)} before it was ready`);
      if (exit.code !== 0) throw new Error(describeExit(exit));
    });
    const ready = isTask
      ? waitFor(() => false, component.startSeconds, 'it was not done', signal)
      : waitUntilReady(component.ready(this.#settings), component.startSeconds, signal);
    try {
      await Promise.race([ready, ended]);
    } finally {
      over.abort(new Error('no longer awaited'));
      for (const loser of [ready, ended]) loser.catch(() => {});
    }
  }

  async #end(child: ChildProcess, pid: number, exited: Promise<Exit>): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(this.component.stopSignal);
      const over = new AbortController();
      const deadline = pause(this.component.stopSeconds * 1000, undefined, { signal: over.signal }).then(
        () => {
          killIfThere(-pid, 'SIGKILL');
        },
      );
      await exited;
      over.abort();
      await deadline.catch(() => {});
    }
    // What the process may have left of its group.
    killIfThere(-pid, 'SIGKILL');
    this.set({ process: null, exit: await exited });
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => reject(new Error(`could not be started: ${error.message}`)));
  });
  // Whoever waits for it gets the rejection; when nobody does yet it must not end the supervisor.
  exited.catch(() => {});
  return exited;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

function describeExit({ code, signal }: Exit): string {
  return signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
