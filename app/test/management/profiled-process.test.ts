import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiProcess, startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { client, type Send } from '../support/api.ts';

/** The parts of a `.heapsnapshot` that are asked for here. */
interface HeapSnapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly edge_fields: readonly string[] };
    readonly node_count: number;
    readonly edge_count: number;
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

// Processes of their own: jest's heap takes long to write down.
describe('a process with profiling', () => {
  let database: TestDatabase;
  let api: ApiProcess;
  let management: Send;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());
  const start = async () => {
    api = await startApiProcess({ DATABASE_URL: database.url, PROFILING: 'on' });
    management = client(api.managementUrl, () => {});
  };
  afterEach(async () => {
    api.child.kill('SIGKILL');
    await api.ended;
  });

  test('answers a heap snapshot as a file, whole', async () => {
    await start();
    const { status, headers, body } = await management<HeapSnapshot>('POST', '/debug/heap-snapshot');
    expect(status).toBe(200);
    expect(headers.get('content-disposition')).toMatch(/-\d{8}T\d{6}Z\.heapsnapshot"$/);
    const { meta, node_count, edge_count } = body.snapshot;
    expect(node_count).toBeGreaterThan(0);
    expect(body.nodes).toHaveLength(node_count * meta.node_fields.length);
    expect(body.edges).toHaveLength(edge_count * meta.edge_fields.length);
    expect(body.strings).toContain('/debug/heap-snapshot');
    expect((await management('GET', '/health/live')).status).toBe(200);
  });

  test('takes no other profile until the snapshot is sent, or its client gone', async () => {
    await start();
    // Reads nothing of the answer: more than the system keeps for it stays with the process.
    const asked = request(`${api.managementUrl}/debug/heap-snapshot`, { method: 'POST' });
    const answered = new Promise((resolve) => asked.once('response', resolve));
    asked.on('error', () => {}).end();
    await answered;
    const profile = () => management('POST', '/debug/cpu-profile?seconds=1');
    expect((await profile()).status).toBe(409);
    asked.destroy();
    await eventually(async () => (await profile()).status === 200);
  });

  test('ends at SIGTERM without waiting for a profile', async () => {
    await start();
    const asked = management('POST', '/debug/cpu-profile?seconds=60').catch(() => 'cut');
    await eventually(async () => (await management('POST', '/debug/cpu-profile?seconds=1')).status === 409);
    api.child.kill('SIGTERM');
    await eventually(() => api.child.exitCode !== null);
    expect(await api.ended).toBe(0);
    expect(await asked).toBe('cut');
  });
});
