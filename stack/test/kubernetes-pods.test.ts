import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { whyNoKubectl } from '@sightline/kubernetes/kubectl.ts';
import {
  type Container,
  environmentOf,
  podOf,
  type Workload,
  workloads,
} from '@sightline/kubernetes/objects.ts';
import { render } from '@sightline/kubernetes/render.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { portsOf, type ServiceProcess, startProcess } from '@sightline/testkit/process.ts';
import { localSecrets, type Secret } from '../kubernetes/local-secrets.ts';

const missing = whyNoKubectl();
const withKubectl = missing === undefined ? describe : describe.skip;

withKubectl(`the pods of the local overlay${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const root = mkdtempSync(join(tmpdir(), 'sightline-pods-'));
  let database: TestDatabase;
  let secrets: ReadonlyMap<string, Secret>;
  let objects: Awaited<ReturnType<typeof render>>;
  const started: ServiceProcess[] = [];
  beforeAll(async () => {
    secrets = new Map((await localSecrets(join(root, 'made'))).map((each) => [each.metadata.name, each]));
    [database, objects] = await Promise.all([createTestDatabase(), render('local')]);
  });
  afterAll(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await Promise.all(started.map(({ ended }) => ended));
    await database.drop();
    rmSync(root, { recursive: true, force: true });
  });

  function workload(kind: string, name: string): Workload {
    const found = workloads(objects).find(
      (each) => each.kind === kind && each.metadata.name.startsWith(name),
    );
    if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
    return found;
  }

  /** The environment of a container, its Secrets as files below `root`, and its database that of the test. */
  function environment(pod: Workload, container: Container): Record<string, string> {
    for (const { name, mountPath } of container.volumeMounts ?? []) {
      const secret = podOf(pod).spec.volumes?.find((volume) => volume.name === name)?.secret?.secretName;
      for (const [key, value] of Object.entries(secrets.get(secret ?? '')?.stringData ?? {})) {
        const file = join(root, mountPath, key);
        mkdirSync(dirname(file), { recursive: true });
        const urls: Readonly<Record<string, string>> = {
          'todo-api-database': database.url,
          'todo-api-database-service': database.serviceUrl,
        };
        writeFileSync(file, urls[secret ?? ''] ?? value, { mode: 0o600 });
      }
    }
    const given = [...environmentOf(objects, pod, container)].flatMap(([name, value = '']) =>
      // Several copies of the tests share this machine's ports, and no test listens beyond loopback.
      /HOST$/.test(name) ? [] : [[name, value.startsWith('/run/secrets/') ? join(root, value) : value]],
    );
    const role = given.some(([name]) => name === 'DATABASE_SERVICE_ROLE') && {
      DATABASE_SERVICE_ROLE: new URL(database.serviceUrl).username,
    };
    return { ...Object.fromEntries(given), ...role, PORT: '0', MANAGEMENT_PORT: '0' };
  }

  function start(pod: Workload, container: Container): ServiceProcess {
    const [file = 'app/src/main.ts'] = container.args ?? [];
    const process = startProcess(file.replace('app/src/', ''), environment(pod, container));
    started.push(process);
    return process;
  }

  test('start one after the other with what they are given: migration, demo user, service; and the service ends in its time', async () => {
    const api = workload('Deployment', 'todo-api');
    const [service] = podOf(api).spec.containers;
    if (service === undefined) throw new Error('The Deployment has no container.');
    const running = start(api, service);
    const { managementPort } = await portsOf(running);
    const answers = async (probe: 'startupProbe' | 'livenessProbe' | 'readinessProbe') =>
      (await fetch(`http://127.0.0.1:${managementPort}${service[probe]?.httpGet?.path}`)).status;
    // As in the cluster, where it starts beside the Job: alive, and waiting.
    expect(await answers('livenessProbe')).toBe(200);
    expect(await answers('startupProbe')).toBe(503);

    for (const name of ['todo-api-migrate', 'todo-api-seed']) {
      const job = workload('Job', name);
      const [container] = podOf(job).spec.containers;
      if (container === undefined) throw new Error(`The Job ${name} has no container.`);
      const ran = start(job, container);
      expect([name, await ran.ended, ran.output()]).toEqual([name, 0, expect.anything()]);
    }
    await eventually(async () => (await answers('startupProbe')) === 200);
    expect(await answers('readinessProbe')).toBe(200);

    running.child.kill('SIGTERM');
    await eventually(async () => (await answers('readinessProbe')) === 503);
    // After its grace period the kubelet would kill it.
    const graceMs = (podOf(api).spec.terminationGracePeriodSeconds ?? 30) * 1000;
    await eventually(() => running.child.exitCode !== null, graceMs);
    expect(await running.ended).toBe(0);
  });
});
