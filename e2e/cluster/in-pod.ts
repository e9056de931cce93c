/** Asks a pod of the service from inside of it, past the Service: this pod, and no other. */
import { kubectl } from './kubectl.ts';
import { namespace } from './pods.ts';

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly json?: object;
}

export interface PodAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Parsed; null when it is no JSON. */
  readonly body: unknown;
}

/** Runs in the pod, by its own Node.js. What is asked comes by stdin, since tokens are among it. */
const program = `
const { method, path, token, json } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
fetch('http://127.0.0.1:3000' + path, {
  method,
  headers: { 'content-type': 'application/json', ...(token && { authorization: 'Bearer ' + token }) },
  body: json && JSON.stringify(json),
}).then(async (answer) => {
  const body = await answer.json().catch(() => null);
  console.log(JSON.stringify({ status: answer.status, retryAfter: answer.headers.get('retry-after'), body }));
});`;

/** @throws Error with what kubectl said */
export async function askInPod(pod: string, question: Question): Promise<PodAnswer> {
  const args = ['exec', '--stdin', pod, `--namespace=${namespace}`, '--', 'node', '--eval', program];
  return JSON.parse(await kubectl(args, question)) as PodAnswer;
}
