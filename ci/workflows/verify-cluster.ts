/**
 * `node ci/workflows/verify-cluster.ts`: `make verify` on a pod of the cluster of KUBECONFIG, and its Prometheus, by ports of
 * this machine that are forwarded for as long as it takes. NAMESPACE (todo-api), PROMETHEUS_SERVICE (todo-api/prometheus): one
 * in another namespace is the platform's, of which only what is ours is verified, within the limits of the service.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { unselectedAt } from '@sightline/e2e/verify/operator-selectors.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { exitCodeOf, onInterrupt } from '@sightline/settings/interrupt.ts';
import { expectCluster } from './cluster-of.ts';

/** Until kubectl has to have said which port it took, in milliseconds. */
const forwardMs = 30_000;

const children: ChildProcess[] = [];
const endAll = () => {
  for (const child of children) child.kill('SIGTERM');
};
onInterrupt((signal) => {
  endAll();
  process.exit(exitCodeOf(signal));
});

function runningPod(namespace: string): string {
  const args = ['get', 'pod', '--namespace', namespace, '--selector', 'app.kubernetes.io/component=api'];
  const { status, stdout, stderr, error } = spawnSync(
    'kubectl',
    [...args, '--field-selector', 'status.phase=Running', '--output', 'name'],
    { encoding: 'utf8', timeout: 60_000 },
  );
  if (status !== 0)
    throw new Error(`The cluster can't be asked for its pods: ${(error?.message ?? stderr).trim()}`);
  const [pod] = stdout.trim().split('\n');
  if (pod) return pod;
  throw new Error(
    `No pod of the API runs in the namespace ${namespace}: kubectl get pod --namespace ${namespace}`,
  );
}

/** The addresses here of ports of a pod or service, in their order. @throws Error with what kubectl says */
async function forward(namespace: string, of: string, ports: readonly number[]): Promise<readonly string[]> {
  const each = ports.map((port) => `:${port}`);
  const child = spawn(
    'kubectl',
    ['port-forward', '--address', '127.0.0.1', '--namespace', namespace, of, ...each],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  children.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = once(child, 'close').catch((error: Error) => {
    said += error.message;
  });
  const end = performance.now() + forwardMs;
  for (;;) {
    const taken = [...said.matchAll(/Forwarding from (127\.0\.0\.1:\d+)/g)].map(
      ([, address]) => `http://${address}`,
    );
    if (taken.length >= ports.length) return taken;
    const isOver = await Promise.race([ended.then(() => true), pause(50).then(() => false)]);
    if (isOver || performance.now() > end)
      throw new Error(
        `Ports of ${of} in ${namespace} can't be reached by kubectl: ${said.trim() || 'it says nothing'}`,
      );
  }
}

try {
  expectCluster(process.env);
  const namespace = process.env['NAMESPACE'] || 'todo-api';
  const [prometheusNamespace, prometheus, ...more] = (
    process.env['PROMETHEUS_SERVICE'] || 'todo-api/prometheus'
  ).split('/');
  if (!prometheusNamespace || !prometheus || more.length > 0)
    throw new Error(
      `PROMETHEUS_SERVICE is "${process.env['PROMETHEUS_SERVICE']}"; it takes namespace/service.`,
    );
  const isPlatforms = prometheusNamespace !== namespace;
  const unselected = isPlatforms ? unselectedAt(namespace, prometheusNamespace) : [];
  if (unselected.length > 0) throw new Error(unselected.join('\n'));
  const [[apiUrl, metricsUrl], [prometheusUrl]] = await Promise.all([
    forward(namespace, runningPod(namespace), [3000, 9464]),
    forward(prometheusNamespace, `service/${prometheus}`, [9090]),
  ]);
  const verify = spawn(process.execPath, [join(checkout, 'e2e/verify/cli.ts')], {
    env: {
      ...process.env,
      API_URL: apiUrl,
      METRICS_URL: metricsUrl,
      PROMETHEUS_URL: prometheusUrl,
      ...(isPlatforms && { PLATFORM_NAMESPACE: namespace }),
    },
    stdio: 'inherit',
  });
  children.push(verify);
  const [code] = await once(verify, 'close');
  process.exitCode = code ?? 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  endAll();
}
