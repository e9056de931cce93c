import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from './eventually.ts';
import { pythonEnvironment } from './python-environment.ts';

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

const folder = resolve(import.meta.dirname, '../otlp');

/**
 * Starts test/otlp/receiver.py on a free port.
 * @throws NotPossible where there is no Python, or no PyPI to get OpenTelemetry's definitions from
 */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const { venv } = await pythonEnvironment('otlp-receiver', join(folder, 'requirements.txt'));
  const child = spawn(join(venv, 'bin/python'), [join(folder, 'receiver.py')], {
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const spans: ReceivedSpan[] = [];
  let port: number | undefined;
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text);
    if ('port' in line) port = line.port;
    else spans.push(line);
  });
  await eventually(() => port !== undefined);
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
