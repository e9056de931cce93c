import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { membersOf } from '../src/todos/fields.ts';
import { startApi, type TestApi } from './support/api.ts';

/** One `bash` block of the tour, and the block behind it that shows what it prints: JSON, or text. */
interface Step {
  readonly command: string;
  readonly kind: string | undefined;
  readonly shown: string;
}

async function readTour(): Promise<Step[]> {
  const readme = await readFile(resolve(import.meta.dirname, '../../README.md'), 'utf8');
  const [, tour = ''] = readme.split(/^## A tour of the API$/m);
  const [section = ''] = tour.split(/^## /m);
  return [...section.matchAll(/```bash\n(.*?)```(?:\s*```(json|text)\n(.*?)```)?/gs)].map(
    ([, command = '', kind, shown = '']) => ({ command, kind, shown }),
  );
}

/** Members whose values differ from run to run; of these only the type is compared. */
const volatile =
  /^(id|actor_id|next_cursor|access_token|refresh_token|instance|request_id|since|created_at|updated_at|completed_at)$/;

const defaults: Readonly<Record<string, unknown>> = membersOf('default');

/**
 * The value for comparison: every volatile member replaced by its type. A field that is newer than the tour may be
 * lacking in what that shows, as long as it has its default.
 */
function stable(value: unknown, shown: unknown): unknown {
  if (Array.isArray(value))
    return value.map((member, n) => stable(member, Array.isArray(shown) ? shown[n] : undefined));
  if (value === null || typeof value !== 'object') return value;
  const known = Object(shown) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([name, member]) =>
          name in known || !(name in defaults) || !isDeepStrictEqual(member, defaults[name]),
      )
      .map(([name, member]) => [
        name,
        volatile.test(name) && member !== null ? `(${typeof member})` : stable(member, known[name]),
      ]),
  );
}

let api: TestApi;
let folder: string;
let steps: Step[];

beforeAll(async () => {
  api = await startApi();
  folder = await mkdtemp(join(tmpdir(), 'readme-'));
  steps = await readTour();
  const password = 'the demo password';
  await api.send('POST', '/v1/users', { json: { email: 'demo@sightline.example', password, name: 'Demo' } });
  await mkdir(join(folder, '.stack'));
  await writeFile(join(folder, '.stack/demo.json'), JSON.stringify({ password }, null, 2));
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

test('the tour of README.md prints what it shows', async () => {
  const separator = '\n--- next step ---\n';
  const script = steps.map(({ command }) => `${command}\nprintf '${separator}'`).join('\n');
  const { stdout } = await promisify(execFile)(
    'bash',
    [
      '-euo',
      'pipefail',
      '-c',
      script
        .replaceAll('http://127.0.0.1:3000', api.url)
        .replaceAll('http://127.0.0.1:9464', api.managementUrl),
    ],
    {
      cwd: folder,
    },
  );
  const printed = stdout.split(separator);
  expect(steps.filter(({ kind }) => kind === 'json').length).toBeGreaterThan(5);
  for (const [n, { command, kind, shown }] of steps.entries()) {
    const read = (output: string) =>
      kind === 'json' ? stable(JSON.parse(output), JSON.parse(shown)) : output.trimEnd();
    expect({ command, printed: read(printed[n] ?? '') }).toEqual({ command, printed: read(shown) });
  }
});
