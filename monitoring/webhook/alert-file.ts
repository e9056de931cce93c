import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { CaughtAlert } from './notification.ts';

/** The newest alerts, in memory and as JSON lines in a file, oldest first. Throws the file system's error. */
export class AlertFile {
  readonly #path: string;
  readonly #keep: number;
  #alerts: CaughtAlert[];
  #lines: number;

  constructor(path: string, keep: number) {
    this.#path = path;
    this.#keep = keep;
    const lines = readLines(path);
    this.#alerts = lines.slice(-keep);
    // Also mends a last line that a crash cut off: what is appended would become part of it.
    this.#lines = this.#rewrite();
  }

  get newestFirst(): readonly CaughtAlert[] {
    return this.#alerts.toReversed();
  }

  add(alerts: readonly CaughtAlert[]): void {
    if (alerts.length === 0) return;
    appendFileSync(this.#path, asLines(alerts), { mode: 0o600 });
    this.#alerts = [...this.#alerts, ...alerts].slice(-this.#keep);
    this.#lines += alerts.length;
    // Twice as many as are kept, so that it isn't rewritten for each one.
    if (this.#lines > 2 * this.#keep) this.#lines = this.#rewrite();
  }

  #rewrite(): number {
    const fresh = `${this.#path}.new`;
    writeFileSync(fresh, asLines(this.#alerts), { mode: 0o600 });
    renameSync(fresh, this.#path);
    return this.#alerts.length;
  }
}

const asLines = (alerts: readonly CaughtAlert[]) =>
  alerts.map((alert) => `${JSON.stringify(alert)}\n`).join('');

function readLines(path: string): CaughtAlert[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // The first start.
    return [];
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as CaughtAlert];
      } catch {
        return [];
      }
    });
}
