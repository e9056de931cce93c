import { terminalOn } from '@sightline/telemetry/check-terminal.ts';
import type { Progress } from './fill.ts';

/** A line at least this often, also where no terminal shows each. */
const lineEveryMs = 10_000;

const count = (value: number) => Math.round(value).toLocaleString('en');

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Shows on stderr how a filling goes: rows, rows a second, the time that is left for them, then each further step. */
export function showFilling(rows: number): (progress: Progress) => void {
  const terminal = terminalOn(process.stderr, process.env);
  const began = performance.now();
  /** When the step before ended. */
  let copyingSince = began;
  let lastLine = 0;
  return ({ step, rows: copied }) => {
    const now = performance.now();
    const since = duration((now - began) / 1000).padStart(12);
    if (copied === undefined) {
      terminal.text(`${since}  ${step} …`);
      copyingSince = now;
      return;
    }
    const perSecond = copied / ((now - copyingSince) / 1000);
    const left = copied === rows ? '' : `, ${duration((rows - copied) / perSecond)} left for them`;
    const line =
      `${since}  ${step}: ${count(copied)} of ${count(rows)} todos (${Math.floor((100 * copied) / rows)} %), ` +
      `${count(perSecond)} a second${left}`;
    const due = process.stderr.isTTY !== true && now - lastLine > lineEveryMs;
    if (due || copied === rows) {
      lastLine = now;
      terminal.text(line);
    } else terminal.live(line);
  };
}
