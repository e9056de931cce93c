import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { removeStack } from '@sightline/servers/stack-directory.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { startApiProcess } from '@sightline/testkit/api-process.ts';
import { createTestDatabase } from '@sightline/testkit/database.ts';

describe('make flamegraph', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-flamegraph-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs what `make flamegraph` does on the PostgreSQL of the tests. */
  async function run(environment: Record<string, string>) {
    const child = spawn(process.execPath, ['e2e/load/flamegraph.ts'], {
      cwd: checkout,
      env: { ...process.env, STACK_DIR: folder, MANAGEMENT_URL: '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [output, errors, [code]] = await Promise.all([
      readAll(child.stdout),
      readAll(child.stderr),
      once(child, 'exit'),
    ]);
    return { code, output, errors };
  }

  test('draws an API of its own under load, names ten functions, and leaves a folder that make clean removes', async () => {
    const { code, output, errors } = await run({ SECONDS: '1' });
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output.match(/^ +\d+\.\d % {2}\S.*$/gm)).toHaveLength(10);
    const { nodes } = JSON.parse(readFileSync(join(folder, 'profile.cpuprofile'), 'utf8'));
    // Only a request that passed authentication and reached the database comes here.
    expect(JSON.stringify(nodes)).toContain('app/src/todos/repository.ts');
    expect(readFileSync(join(folder, 'flamegraph.svg'), 'utf8')).toContain('16 connections');
    removeStack(folder);
    expect(() => readdirSync(folder)).toThrow('ENOENT');
    // The load shares the processor with the other tests.
  });

  test('draws a running process without a request of its own but for the profile', async () => {
    const database = await createTestDatabase();
    const api = await startApiProcess({
      DATABASE_URL: database.url,
      PROFILING: 'on',
      LOG_LEVEL: 'debug',
      // Of one that is idle at each of a thousand looks there is nothing to draw.
      ...{ DATABASE_PROBE_INTERVAL_MS: '100', MAINTENANCE_INTERVAL_MS: '50' },
    });
    try {
      const { code, output, errors } = await run({ SECONDS: '1', MANAGEMENT_URL: api.managementUrl });
      expect({ code, errors }).toEqual({ code: 0, errors: '' });
      expect(output).toContain('flamegraph.svg');
      expect(api.output().match(/"url.path":"[^"]*"/g)).toEqual(['"url.path":"/debug/cpu-profile"']);
      expect(api.output().match(/"event.action":"profile-taken"/g)).toHaveLength(1);
    } finally {
      api.child.kill('SIGKILL');
      await api.ended;
      await database.drop();
    }
  });

  test('passes on why a process takes no profile', async () => {
    const database = await createTestDatabase();
    const api = await startApiProcess({ DATABASE_URL: database.url });
    try {
      const { code, errors } = await run({ MANAGEMENT_URL: api.managementUrl });
      expect(code).toBe(1);
      expect(errors).toBe(
        `${api.managementUrl} gives no profile: Profiling is off. The setting PROFILING=on enables it, at the next start.\n`,
      );
    } finally {
      api.child.kill('SIGKILL');
      await api.ended;
      await database.drop();
    }
  });

  test.each([
    [{ SECONDS: '0' }, 'SECONDS is "0"; it takes an integer from 1 to 60.\n'],
    [{ SECONDS: 'ten' }, 'SECONDS is "ten"; it takes an integer from 1 to 60.\n'],
    [{ MANAGEMENT_URL: 'here' }, /^MANAGEMENT_URL is "here"; it takes an address/],
    [{ MANAGEMENT_URL: 'http://127.0.0.1:1' }, /^No management server answers at http:\/\/127.0.0.1:1 \(/],
  ])('refuses %j with a sentence', async (environment, reason) => {
    const { code, errors } = await run(environment);
    expect(code).toBe(1);
    expect(errors).toMatch(reason);
    expect(errors.split('\n')).toHaveLength(2);
  });
});
