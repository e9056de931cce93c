import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { linesOf } from '@sightline/telemetry/lines.ts';
import { NotPossible, pythonEnvironment } from '@sightline/tools/python-environment.ts';
import { eventually } from './eventually.ts';

/** A span as it arrived, decoded by OpenTelemetry's own definitions; ids in hexadecimal digits. */
export interface ReceivedSpan {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, unknown>>;
  readonly scope: string;
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where it has none. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: 'UNSET' | 'OK' | 'ERROR';
  readonly links: readonly { traceId: string; spanId: string; traceState: string }[];
  readonly events: number;
}

export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** All spans received so far. */
  readonly spans: readonly ReceivedSpan[];
  stop(): Promise<void>;
}

const folder = join(import.meta.dirname, 'otlp-receiver');
const environment = () => pythonEnvironment(join(folder, 'requirements.txt'));

/** Tests that need the receiver; where it can't run they are skipped, and their name says why. */
export async function describeWithReceiver(name: string, tests: () => void): Promise<void> {
  try {
    await environment();
  } catch (error) {
    if (!(error instanceof NotPossible)) throw error;
    describe.skip(`${name} (skipped: ${error.message})`, tests);
    return;
  }
  describe(name, tests);
}

/** Starts otlp-receiver/receiver.py on a free port. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const venv = await environment();
  const child = spawn(join(venv, 'bin/python'), [join(folder, 'receiver.py')], {
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const spans: ReceivedSpan[] = [];
  let port: number | undefined;
  const reading = (async () => {
    for await (const text of linesOf(child.stdout)) {
      const line = JSON.parse(text);
      if ('port' in line) port = line.port;
      else spans.push(line);
    }
  })();
  await eventually(() => port !== undefined);
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
      await reading;
    },
  };
}
