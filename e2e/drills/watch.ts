/** Watches alerts go pending, fire and resolve in Prometheus, and arrive at the webhook. */
import { setTimeout as pause } from 'node:timers/promises';
import type { CaughtAlert } from '@sightline/monitoring/webhook/notification.ts';
import { prometheusAt } from '@sightline/testkit/prometheus.ts';
import { type AlertPattern, matches } from './drill.ts';
import type { SystemUnderTest } from './system.ts';

type Labels = Readonly<Record<string, string>>;

/** An alert's life. Times are in milliseconds since 1970. */
export interface SeenAlert {
  readonly labels: Labels;
  /** When it was first seen so. */
  pendingAt?: number;
  firingAt?: number;
  /** Its expression's, when it began to fire. */
  value?: number;
  /** How many times as long as on an idle machine the slowest tenth of anything took when it began to fire. */
  slowdown?: number;
}

/** Between two looks: an alert that is pending for the least time is seen several times. */
const lookMs = 250;
const answerMs = 30_000;
const watchdog = 'Watchdog';

async function fetchJson<Body>(url: string): Promise<Body> {
  const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return (await response.json()) as Body;
}

export class Watch {
  readonly #system: SystemUnderTest;
  readonly #since = Date.now();
  readonly #seen = new Map<string, SeenAlert>();
  readonly #end = new AbortController();
  readonly #looking: Promise<void>;

  constructor(system: SystemUnderTest) {
    this.#system = system;
    this.#looking = this.#look();
  }

  /** The alerts that were pending or fired so far, but for Watchdog. */
  get seen(): readonly SeenAlert[] {
    return [...this.#seen.values()];
  }

  /** The first alert of a pattern that fired, else one that is pending. */
  find(pattern: AlertPattern): SeenAlert | undefined {
    const found = this.seen.filter(({ labels }) => matches(labels, pattern));
    return found.find(({ firingAt }) => firingAt !== undefined) ?? found[0];
  }

  /** Alerts that the webhook got since the watch began, oldest first. */
  async notifications(): Promise<readonly CaughtAlert[]> {
    const all = await fetchJson<CaughtAlert[]>(`${this.#system.addresses.WEBHOOK_URL}/alerts`);
    return all.filter(({ receivedAt }) => Date.parse(receivedAt) >= this.#since).toReversed();
  }

  async end(): Promise<void> {
    this.#end.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      // A Prometheus that does not answer says nothing about its alerts.
      await this.#note().catch(() => {});
      await pause(lookMs, undefined, { signal }).catch(() => {});
    }
  }

  async #note(): Promise<void> {
    const alerts = await prometheusAt(this.#system.addresses.PROMETHEUS_URL, {}, answerMs).alerts();
    const now = Date.now();
    const present = new Set<string>();
    for (const { state, labels, value } of alerts) {
      if (labels['alertname'] === watchdog) continue;
      const key = JSON.stringify(labels);
      present.add(key);
      const alert = this.#seen.get(key) ?? { labels };
      this.#seen.set(key, alert);
      if (state === 'pending') alert.pendingAt ??= now;
      else if (alert.firingAt === undefined)
        Object.assign(alert, { firingAt: now, value, slowdown: this.#system.worstSlowdown });
    }
    for (const [key, alert] of this.#seen) {
      // It was pending for a moment, and that came to nothing.
      if (!present.has(key) && alert.firingAt === undefined) this.#seen.delete(key);
    }
  }
}
