import type { CheckFinding } from '@sightline/preview/report.ts';
import type { Terminal } from '@sightline/telemetry/check-terminal.ts';
import type { Check, Proof } from './check.ts';

const tick = 250;

/** Runs the checks one after the other, each with its line, and returns what they found; not of those left out. */
export async function runChecks(
  checks: readonly Check[],
  proof: Omit<Proof, 'say'>,
  terminal: Terminal,
): Promise<CheckFinding[]> {
  const findings: CheckFinding[] = [];
  let progress = '';
  const shared: Proof = Object.assign(proof, {
    say: (text: string) => {
      progress = text;
    },
  });
  for (const { id, group, proves, leftOut, run } of checks) {
    if (proof.signal.aborted) break;
    const name = `${group}/${id}`.padEnd(18);
    const reason = leftOut?.(proof.stack);
    if (reason !== undefined) {
      terminal.line('left out', `         ${name} ${reason}`);
      continue;
    }
    progress = proves;
    const began = performance.now();
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`;
    const live = () => terminal.live(`…        ${seconds()} ${name} ${progress}`);
    live();
    const timer = setInterval(live, tick);
    const finding = await outcomeOf(() => run(shared));
    clearInterval(timer);
    if (proof.signal.aborted) break;
    findings.push({ id, group, ...finding });
    if (finding.ok) terminal.line('ok', `${seconds()} ${name} ${finding.detail}`);
    else
      terminal.line(
        'FAILED',
        `${seconds()} ${name} not so: ${proves}\n${finding.detail.replace(/^/gm, '    ')}`,
      );
  }
  return findings;
}

/** What a check says, whether it throws or rejects. */
async function outcomeOf(run: () => Promise<string>): Promise<{ ok: boolean; detail: string }> {
  try {
    return { ok: true, detail: await run() };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
