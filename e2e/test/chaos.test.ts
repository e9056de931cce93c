import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startApi, type TestApi } from '@sightline/app/test/support/api.ts';
import type { AnsweredLine, Write } from '@sightline/loadtest/ledger/line.ts';
import { runLoad } from '@sightline/loadtest/run.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { whyMissing } from '@sightline/tools/tools.ts';
import { choicesOf } from '../chaos/choice.ts';
import { faults } from '../chaos/faults.ts';
import { compareLedger, type Entry, possibleStates, readLedger, stuckRequests } from '../chaos/ledger.ts';
import { readChaosSettings } from '../chaos/settings.ts';
import { tellsOfEarlierAnswers } from '../fired-alerts.ts';
import type { LoggedRequest } from '../verify/access-log.ts';

const missing = whyMissing('k6');
const withK6 = missing === undefined ? describe : describe.skip;
const because = missing === undefined ? '' : ` (skipped: ${missing})`;

withK6(`the ledger of k6's writes against the database${because}`, () => {
  let api: TestApi;
  let folder: string;
  let ledger: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-ledger-test-'));
    ledger = join(folder, 'ledger.ndjson');
    api = await startApi();
    const { code, output } = await runLoad({
      profile: 'ledger',
      script: join(checkout, 'loadtest/ledger/bookkeeper.ts'),
      consoleFile: ledger,
      target: api.url,
      directory: folder,
      testId: 'a test',
      rate: 10,
      seconds: 3,
    });
    if (code !== 0) throw new Error(`k6 ended with ${code}:\n${output}`);
  });
  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A todo that was created and finished, and not deleted; each time another one. */
  const takeFinished = (() => {
    const taken = new Set<string>();
    return (): Entry & { id: string } => {
      const entry = readLedger(ledger).find(
        ({ key, answers }) => !taken.has(key) && answers.length === 2 && answers.every(({ todo }) => todo),
      );
      const id = entry?.answers[0]?.todo?.id;
      if (entry === undefined || id === undefined) throw new Error('k6 finished no more todos.');
      taken.add(entry.key);
      return { ...entry, id };
    };
  })();

  test('shows no fault when nothing was broken', async () => {
    const { faults: found, acknowledged, unknown } = await compareLedger(ledger, api.database.url);
    expect({ found, unknown }).toEqual({ found: [], unknown: 0 });
    const entries = readLedger(ledger);
    expect(entries.length).toBeGreaterThan(10);
    expect(entries.every(({ closed }) => closed)).toBe(true);
    expect(acknowledged).toBe(entries.flatMap(({ answers }) => answers).length);
    const writes = new Set(entries.flatMap(({ answers }) => answers.map(({ write }) => write)));
    expect([...writes].toSorted()).toEqual(['create', 'delete', 'finish']);
  });

  test.each([
    [
      'dropped',
      'delete from todos where id = :id',
      ['by what was acknowledged it is version 2, done; the database has nothing.'],
    ],
    [
      'doubled',
      `with twin as (
         insert into todos (owner_id, title, status, version, completed_at)
         select owner_id, title, status, version, completed_at from todos where id = :id returning id, owner_id)
       insert into todo_events (todo_id, actor_id, request_id, action, changes)
       select id, owner_id, 'twin', 'created', '{}' from twin, generate_series(1, 2)`,
      ['it was written once and is there 2 times.'],
    ],
    [
      'undone',
      `update todos set version = 1, status = 'open', completed_at = null where id = :id`,
      [
        'it has version 1 and 2 audit events; a write is one of each.',
        'by what was acknowledged it is version 2, done; the database has version 1, open.',
      ],
    ],
    [
      'repeated',
      `with again as (update todos set version = 3 where id = :id returning id, owner_id)
       insert into todo_events (todo_id, actor_id, request_id, action, changes)
       select id, owner_id, 'again', 'updated', '{}' from again`,
      ['by what was acknowledged it is version 2, done; the database has version 3, done.'],
    ],
    [
      'not audited',
      `delete from todo_events where todo_id = :id and action = 'updated'`,
      ['it has version 2 and 1 audit events; a write is one of each.'],
    ],
    [
      'turned into another one',
      `update todos set title = 'Ledger of somebody else' where id = :id`,
      ['by what was acknowledged it is version 2, done; the database has nothing.'],
    ],
  ])('shows a write that was %s behind the back of the API', async (_, sql, sentences) => {
    const { key, id } = takeFinished();
    await api.owner.raw(sql, { id });
    const { faults: found } = await compareLedger(ledger, api.database.url);
    expect(found.filter((fault) => fault.startsWith(key))).toEqual(
      sentences.map((each) => `${key}: ${each}`),
    );
  });

  test('shows a todo that nobody wrote', async () => {
    const { id } = takeFinished();
    await api.owner.raw(
      `insert into todos (owner_id, title) select owner_id, 'Ledger of nobody' from todos where id = :id`,
      { id },
    );
    const { faults: found } = await compareLedger(ledger, api.database.url);
    expect(found).toContain('of nobody: it is in the database, and nobody wrote it.');
  });
});

const answered = (write: Write, status: number, seconds = 0.01): AnsweredLine => ({
  key: 'k',
  at: 0,
  is: 'answered',
  write,
  status,
  seconds,
});

describe('what a todo may be by its answers', () => {
  const open = { version: 1, status: 'open', deleted: false };
  const done = { version: 2, status: 'done', deleted: false };
  const deleted = { version: 3, status: 'done', deleted: true };
  test.each([
    ['nothing was sent', [], [undefined]],
    ['it was created', [answered('create', 201)], [open]],
    ['no answer came', [answered('create', 0)], [undefined, open]],
    ['a second attempt was answered', [answered('create', 503), answered('create', 201)], [open]],
    ['its twin was at work', [answered('create', 409), answered('create', 201)], [open]],
    ['the end of it is in doubt', [answered('create', 201), answered('finish', 500)], [open, done]],
    ['a write was refused', [answered('create', 201), answered('finish', 412)], [open]],
    [
      'it lived its life',
      [answered('create', 201), answered('finish', 200), answered('delete', 204)],
      [deleted],
    ],
  ])('when %s', (_, answers, expected) => {
    const possible = possibleStates({ answers });
    expect([...new Set(possible.map((state) => JSON.stringify(state)))]).toEqual(
      expected.map((state) => JSON.stringify(state)),
    );
  });
});

test('a request is stuck when its answer takes too long, or does not come', () => {
  const now = 1_000_000;
  const entry = { key: 'k', closed: false, answers: [], waitingSince: undefined };
  expect(
    stuckRequests(
      [
        { ...entry, answers: [answered('create', 503, 9), answered('create', 201, 10.5)] },
        { ...entry, key: 'l', waitingSince: now - 10_001 },
        { ...entry, key: 'm', waitingSince: now - 9000 },
      ],
      10,
      now,
    ),
  ).toEqual(['k: its create took 10.5 s; 10 are allowed.', 'l: a request of it waits for 10 s.']);
});

describe('an alert about an SLO after a fault', () => {
  const answers = (count: number, status: number, seconds = 0.01): LoggedRequest[] =>
    Array.from({ length: count }, () => ({
      id: '',
      at: 0,
      method: 'GET',
      route: '/v1/todos',
      status,
      seconds,
    }));
  const tells = (slo: string, before: readonly LoggedRequest[], since: readonly LoggedRequest[]) =>
    tellsOfEarlierAnswers({ labels: { alertname: 'SLOErrorBudgetBurn', slo } }, before, since);

  test.each(['availability', 'latency-500ms'])(
    'tells of the fault before when that failed the requests: %s',
    (slo) => {
      expect(tells(slo, answers(9, 503), answers(50, 200))).toBe(true);
      expect(tells(slo, answers(4, 503), answers(1, 503))).toBe(true);
    },
  );

  test('tells of this one when enough requests failed since', () => {
    expect(tells('availability', answers(9, 503), answers(5, 503))).toBe(false);
    expect(tells('latency-500ms', answers(9, 503), answers(5, 200, 0.6))).toBe(false);
  });

  test('is false when the log has too few bad answers', () => {
    expect(tells('availability', answers(3, 503), answers(1, 503))).toBe(false);
    expect(tells('availability', answers(9, 200, 3), [])).toBe(false);
    expect(tells('', answers(9, 503), [])).toBe(false);
  });
});

describe('the choice of faults', () => {
  const first = (seed: number, count: number) => {
    const choices = choicesOf(seed, faults);
    return Array.from({ length: count }, () => choices.next().value);
  };
  const names = (seed: number, count: number) => first(seed, count).map(({ fault }) => fault.name);
  const all = faults.map(({ name }) => name);

  test('is the same for the same seed, in order and in length', () => {
    expect(first(7, 100)).toEqual(first(7, 100));
  });

  test('is another one for another seed', () => {
    const orders = Array.from({ length: 20 }, (_, seed) => names(seed, all.length).join());
    expect(new Set(orders).size).toBe(20);
  });

  test('takes each fault once before it takes one again', () => {
    const chosen = names(3, 2 * all.length);
    expect(chosen.slice(0, all.length).toSorted()).toEqual(all.toSorted());
    expect(chosen.slice(all.length).toSorted()).toEqual(all.toSorted());
  });

  test('never takes the same fault twice in a row', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const chosen = names(seed, 3 * all.length);
      expect(chosen.filter((name, index) => name === chosen[index - 1])).toEqual([]);
    }
  });

  test('lets each last as long as its row says', () => {
    for (const { fault, seconds } of first(5, 200)) {
      expect(seconds).toBeGreaterThanOrEqual(fault.lasts[0]);
      expect(seconds).toBeLessThanOrEqual(fault.lasts[1]);
    }
  });

  test('names each fault once', () => {
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('the settings of chaos', () => {
  test('are ten minutes and a seed of chance', () => {
    const { minutes, seed } = readChaosSettings({});
    expect(minutes).toBe(10);
    expect(Number.isInteger(seed)).toBe(true);
    expect(readChaosSettings({ MINUTES: '2', SEED: '29873645102' })).toEqual({
      minutes: 2,
      // As long as a run id of GitHub.
      seed: 29_873_645_102,
    });
  });

  test('are refused with a sentence each', () => {
    expect(() => readChaosSettings({ MINUTES: '0', SEED: 'x' })).toThrow(
      'MINUTES is "0"; it takes an integer from 1 to 60.\n' +
        'SEED is "x"; it takes an integer from 0 to 9007199254740991.',
    );
  });
});
