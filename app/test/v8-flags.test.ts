import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@sightline/testkit/database.ts';
import { bareEnvironment, portsOf, startProcess } from '@sightline/testkit/process.ts';

/** Whether something is young that is made where all of some thousands outlived collections: V8 chooses by that. */
const makesYoung = `(() => {
  const pair = (one, other) => [one, other];
  for (let collections = 0; collections < 6; collections += 1) {
    const kept = Array.from({ length: 2000 }, () => pair({}, {}));
    gc({ type: 'minor' });
    if (kept.length === 0) throw new Error();
  }
  %PrepareFunctionForOptimization(pair);
  pair({}, {});
  %OptimizeFunctionOnNextCall(pair);
  return %InYoungGeneration(pair({}, {}));
})()`;
/** V8 chooses where the young generation has grown to this. */
const options = ['--allow-natives-syntax', '--expose-gc', '--min-semi-space-size=16'];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

test('V8 makes objects in the old generation by itself', () => {
  const { stdout } = spawnSync(process.execPath, [...options, '--print', makesYoung], {
    encoding: 'utf8',
    env: bareEnvironment,
  });
  expect(stdout).toBe('false\n');
});

test('the service makes all of its objects in the young generation', async () => {
  const answers = `process.on('message', () => process.send(${makesYoung}))`;
  const service = startProcess(
    'main.ts',
    { DATABASE_URL: database.url, PORT: '0', MANAGEMENT_PORT: '0', NODE_ENV: 'test' },
    [...options, '--import', `data:text/javascript,${encodeURIComponent(answers)}`],
  );
  try {
    await portsOf(service);
    const answered = once(service.child, 'message');
    service.child.send('?');
    expect(await answered).toEqual([true]);
  } finally {
    service.child.kill('SIGKILL');
    await service.ended;
  }
});
