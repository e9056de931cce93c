/**
 * Notices that the heartbeat of the alert Watchdog stays away: then Prometheus or Alertmanager is dead, or the way between
 * them is cut, and no other alert would arrive either. Times are in milliseconds since 1970.
 */
export class DeadMansSwitch {
  readonly #silenceSeconds: number;
  readonly #say: (line: string) => void;
  #startedAt: number;
  #lastHeartbeat: number | undefined;
  #silent = false;

  constructor(silenceSeconds: number, startedAt: number, say: (line: string) => void) {
    this.#silenceSeconds = silenceSeconds;
    this.#startedAt = startedAt;
    this.#say = say;
  }

  get lastHeartbeat(): number | undefined {
    return this.#lastHeartbeat;
  }

  heard(now: number): void {
    this.#lastHeartbeat = now;
    this.look(now);
  }

  /** Whether all is well, and why. To be asked every second or so: the changes are said as they are seen. */
  look(now: number): { alive: boolean; detail: string } {
    // A clock that was set back would else call an old heartbeat the newest for as long as it was set back.
    this.#startedAt = Math.min(this.#startedAt, now);
    if (this.#lastHeartbeat !== undefined) this.#lastHeartbeat = Math.min(this.#lastHeartbeat, now);
    // After its start the senders get as long as ever: what they sent meanwhile is not known.
    const quietSeconds = Math.floor((now - Math.max(this.#lastHeartbeat ?? 0, this.#startedAt)) / 1000);
    const silent = quietSeconds >= this.#silenceSeconds;
    const last =
      this.#lastHeartbeat === undefined
        ? 'none was received since the start'
        : `the last one was received at ${new Date(this.#lastHeartbeat).toISOString()}`;
    const detail = silent
      ? `No heartbeat of Watchdog for ${quietSeconds} s (allowed: ${this.#silenceSeconds} s); ${last}. Prometheus or ` +
        'Alertmanager is dead, or they do not reach each other: no alert will arrive until that is mended.'
      : `In order: ${last}.`;
    if (silent !== this.#silent) {
      this.#silent = silent;
      this.#say(silent ? `WATCHDOG SILENT: ${detail}` : `Watchdog is heard again: ${last}.`);
    }
    return { alive: !silent, detail };
  }
}
