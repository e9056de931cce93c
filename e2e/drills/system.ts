/** The system that drills work on: a running stack of their own, and the ways to break it. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Account, openAccount } from '@sightline/loadtest/accounts.ts';
import { databaseUrl, ROLE } from '@sightline/servers/postgresql.ts';
import { signal } from '@sightline/servers/process-identity.ts';
import { DeadlineError, waitFor } from '@sightline/servers/readiness.ts';
import { pathsIn } from '@sightline/servers/stack-directory.ts';
import { databaseServer } from '@sightline/stack/native/components.ts';
import { ask } from '@sightline/stack/native/control.ts';
import { portOf, type Settings } from '@sightline/stack/native/settings.ts';
import { readRunningState } from '@sightline/stack/native/state.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import type { Contention } from '../contention.ts';
import { type FaultyWay, type ProxyName, proxyOf } from './toxiproxy.ts';

/** Addresses, by the variables that runbooks use. */
export type Addresses = Readonly<
  Record<
    'PROMETHEUS_URL' | 'API_URL' | 'METRICS_URL' | 'ALERTMANAGER_URL' | 'ELASTICSEARCH_URL' | 'WEBHOOK_URL',
    string
  >
>;

const ports: Readonly<Record<keyof Addresses, string>> = {
  PROMETHEUS_URL: 'PROMETHEUS_PORT',
  API_URL: 'API_PORT',
  METRICS_URL: 'MANAGEMENT_PORT',
  ALERTMANAGER_URL: 'ALERTMANAGER_PORT',
  ELASTICSEARCH_URL: 'ELASTICSEARCH_PORT',
  WEBHOOK_URL: 'WEBHOOK_PORT',
};

/** Longer than any component may take to start. */
const operationSeconds = 600;
/** For an answer to what may be asked at any time. In milliseconds. */
const answerMs = 60_000;
const scrapeSeconds = 30;
const pollMs = 200;

export class SystemUnderTest {
  readonly settings: Settings;
  readonly addresses: Addresses;
  readonly signal: AbortSignal;
  readonly #contention: Contention;
  #accounts: Account[] = [];

  constructor(settings: Settings, signal: AbortSignal, contention: Contention) {
    this.settings = settings;
    this.signal = signal;
    this.#contention = contention;
    const addresses = Object.entries(ports).map(([name, setting]) => [
      name,
      `http://127.0.0.1:${portOf(settings, setting)}`,
    ]);
    this.addresses = Object.fromEntries(addresses) as Addresses;
  }

  /** Whether a component runs here at all: undefined, or why it doesn't. */
  has(component: string): string | undefined {
    const { state = 'not there', detail = '' } = this.#stateOf(component) ?? {};
    return state === 'ready' ? undefined : `${component} is ${state}${detail === '' ? '' : `: ${detail}`}`;
  }

  async stop(component: string): Promise<void> {
    await this.#operate('stop', component, () => this.#stateOf(component)?.process === null);
  }

  async start(component: string): Promise<void> {
    await this.#operate('start', component, () => this.has(component) === undefined);
  }

  async restart(component: string): Promise<void> {
    const before = this.#stateOf(component)?.process?.pid;
    await this.#operate('restart', component, () => {
      const after = this.#stateOf(component);
      return after?.state === 'ready' && after.process?.pid !== before;
    });
  }

  /** Sends a signal to a component's process. Throws when it has none. */
  send(component: string, name: NodeJS.Signals): void {
    const identity = this.#stateOf(component)?.process;
    if (identity === undefined || identity === null || !signal(identity, name))
      throw new Error(`${component} does not run.`);
  }

  /** How many times as long as on an idle machine anything takes at the moment. */
  get slowdown(): number {
    return this.#contention.slowdown();
  }

  /** The same of the slowest tenth of it, for alerts about time. */
  get worstSlowdown(): number {
    return this.#contention.worstSlowdown();
  }

  /**
   * Waits until a condition holds. Throws after the seconds, naming what was waited for. They are those of an idle
   * machine, here and below: on one that is busy with something else they last longer.
   */
  async until(condition: () => boolean | Promise<boolean>, seconds: number, what: string): Promise<void> {
    const isOver = this.#deadline(seconds);
    while (!(await condition())) {
      if (isOver()) throw new DeadlineError(`${what} within ${seconds} s`);
      await this.pause(pollMs);
    }
  }

  /**
   * Asks until there is an answer. Undefined when there is none within the seconds; an error is none.
   * @param byClock whether the seconds are those of the clock, where no answer is to come
   */
  async comes<Answer>(
    question: () => Answer | undefined | Promise<Answer | undefined>,
    seconds: number,
    byClock = false,
  ): Promise<Answer | undefined> {
    const isOver = this.#deadline(seconds, byClock);
    while (!isOver()) {
      const answer = await Promise.resolve()
        .then(question)
        .catch(() => undefined);
      if (answer !== undefined) return answer;
      await this.pause(pollMs);
    }
    return undefined;
  }

  /** @returns whether the seconds are over, for whoever asks again and again */
  #deadline(seconds: number, byClock = false): () => boolean {
    let leftMs = seconds * 1000;
    let before = performance.now();
    return () => {
      const now = performance.now();
      leftMs -= (now - before) / (byClock ? 1 : this.slowdown);
      before = now;
      return leftMs <= 0;
    };
  }

  /** @throws the reason of an interruption */
  async pause(milliseconds: number): Promise<void> {
    await pause(milliseconds, undefined, { signal: this.signal });
  }

  /** Waits until Prometheus has taken the metrics of each target of a job from now on. */
  async scraped(job: string): Promise<void> {
    const prometheus = prometheusAt(this.addresses.PROMETHEUS_URL);
    const up = `up{job=${JSON.stringify(job)}}`;
    const began = Date.now();
    await this.until(
      async () => {
        const found = await prometheus
          // `timestamp` of anything but a plain selector is the time of asking.
          .instant(`1000 * timestamp(${up}) and ${up} == 1`, Date.now())
          .catch(() => []);
        return found.length > 0 && found.every(({ samples }) => (samples[0]?.value ?? 0) > began);
      },
      scrapeSeconds,
      `Prometheus did not scrape ${job}`,
    );
  }

  /** Stops a component until the recovery. */
  async takeAway(component: string, recovery: AsyncDisposableStack): Promise<void> {
    recovery.defer(() => this.start(component));
    await this.stop(component);
  }

  /** A connection to be broken, which the recovery mends. */
  way(name: ProxyName, recovery: AsyncDisposableStack): FaultyWay {
    const way = proxyOf(this.settings, name);
    recovery.defer(() => way.mend());
    return way;
  }

  /** Has the service do itself harm until it is told otherwise; docs/management.md describes the body. */
  async harm(faults: object): Promise<void> {
    const response = await fetch(`${this.addresses.METRICS_URL}/debug/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(faults),
      signal: AbortSignal.timeout(answerMs),
    });
    if (!response.ok)
      throw new Error(`PUT /debug/faults answers ${response.status}: ${await response.text()}`);
  }

  async endHarm(): Promise<void> {
    await fetch(`${this.addresses.METRICS_URL}/debug/faults`, {
      method: 'DELETE',
      signal: AbortSignal.timeout(answerMs),
    });
  }

  /**
   * The URL of the database, beside its proxy, for the superuser: who owns the schema sees and ends no session of the
   * service. Holds the password.
   */
  get databaseUrl(): string {
    const url = new URL(databaseUrl(databaseServer(this.settings), 'superuser'));
    return Object.assign(url, { pathname: `/${ROLE}` }).href;
  }

  /** A user with a todo, made at the first call. */
  async account(): Promise<Account> {
    const [first] = await this.accounts(1);
    if (first === undefined) throw new Error('There is no account.');
    return first;
  }

  /** Users with a todo each, every one at an address of its own; made where there are fewer yet. */
  async accounts(count: number): Promise<readonly Account[]> {
    while (this.#accounts.length < count) {
      this.#accounts.push(await openAccount(this.addresses.API_URL, true));
    }
    return this.#accounts.slice(0, count);
  }

  /** For whoever waited longer than a token lives. */
  forgetAccounts(): void {
    this.#accounts = [];
  }

  #stateOf(component: string) {
    return readRunningState(this.settings.stackDirectory)?.components[component];
  }

  async #operate(
    operation: 'start' | 'stop' | 'restart',
    component: string,
    done: () => boolean,
  ): Promise<void> {
    await ask(pathsIn(this.settings.stackDirectory).socket, { operation, components: [component] });
    // To the end also when the drill is given up: it is how a fault is undone.
    await waitFor(done, operationSeconds, `${component} did not ${operation}`);
  }
}
