/** Users and todos as a service has them after three years, as lines that PostgreSQL copies. */
import { type Random, randomOf } from '@sightline/testkit/fast-random.ts';
import { labels, vocabulary, wordHead } from './vocabulary.ts';

/** A filling of the database: the same one for the same values. */
export interface Dataset {
  readonly rows: number;
  readonly seed: number;
  /** The user that is measured: a fortieth of all todos is theirs, 250,000 of 10 million. */
  readonly userId: string;
  readonly userTodos: number;
  /** Tab-separated, with a line end, in the order of `userColumns`. */
  users(): Generator<string>;
  /** The same for `todoColumns`, oldest first as they would have been written. */
  todos(): Generator<string>;
}

export const userColumns = ['id', 'email', 'name', 'password_hash', 'created_at', 'updated_at'] as const;
export const todoColumns = [
  ...([
    'id',
    'owner_id',
    'title',
    'description',
    'status',
    'priority',
    'labels',
    'due_at',
    'version',
  ] as const),
  ...(['created_at', 'updated_at', 'completed_at', 'deleted_at'] as const),
] as const;

/** In microseconds since 1970, as all times here. */
const begin = Date.UTC(2023, 0, 1) * 1000;
const end = Date.UTC(2026, 0, 1) * 1000;
const hour = 3600 * 1e6;
const day = 24 * hour;

/** Every so many todos one is the user's. */
const userEvery = 40;
/** The fewer, the more have the largest of them: with 10 it is 1.4 % of 10 million todos, and the smallest 140. */
const ownerHead = 10;

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');

/** RFC 3339 with all six digits. */
function timeText(microseconds: number): string {
  const milliseconds = Math.floor(microseconds / 1000);
  const rest = String(microseconds - milliseconds * 1000).padStart(3, '0');
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${rest}Z`;
}

/** A UUIDv7 of that moment, with 12 bits of the millisecond's fraction as PostgreSQL makes them. */
function idAt(microseconds: number, random: Random): string {
  const milliseconds = Math.floor(microseconds / 1000);
  const fraction = Math.floor(((microseconds - milliseconds * 1000) * 4096) / 1000);
  const time = hex(milliseconds, 12);
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-7${hex(fraction, 3)}-` +
    `${hex(0x8000 + random.below(0x4000), 4)}-${hex(random.below(2 ** 24), 6)}${hex(random.below(2 ** 24), 6)}`
  );
}

function words(random: Random, count: number): string {
  let text = vocabulary[random.skewed(vocabulary.length, wordHead)] ?? '';
  for (let n = 1; n < count; n += 1) text += ` ${vocabulary[random.skewed(vocabulary.length, wordHead)]}`;
  return text;
}

function someLabels(random: Random): string {
  const some = new Set<string>();
  for (let n = random.below(4); n > 0; n -= 1) some.add(labels[random.skewed(labels.length, 5)] ?? '');
  return `{${[...some].join()}}`;
}

const statusOf = (random: Random) => {
  const drawn = random.next();
  if (drawn < 0.55) return 'done';
  return drawn < 0.65 ? 'in_progress' : 'open';
};

const priorityOf = (random: Random) => {
  const drawn = random.next();
  if (drawn < 0.6) return 'normal';
  if (drawn < 0.75) return 'low';
  return drawn < 0.93 ? 'high' : 'urgent';
};

/** A row of the table in COPY's text format: nothing that is made here needs escaping in it. */
function todoLine(ownerId: string, createdAt: number, random: Random): string {
  const status = statusOf(random);
  const deleted = random.chance(0.05);
  // What is neither done nor deleted was changed only sometimes; most changes come soon.
  const changed = deleted || status !== 'open' || random.chance(0.3);
  const updatedAt = changed
    ? Math.min(createdAt + 1 + Math.floor(200 * day * random.next() ** 6), end)
    : createdAt;
  const updated = timeText(updatedAt);
  // People choose full hours, so many are due at the same moment.
  const due = random.chance(0.7)
    ? timeText(Math.ceil((createdAt + random.skewed(365 * 24, 24) * hour) / hour) * hour)
    : '\\N';
  const title = words(random, 2 + random.below(5));
  const description = random.chance(0.6) ? words(random, 5 + random.skewed(60, 10)) : '\\N';
  return (
    `${idAt(createdAt, random)}\t${ownerId}\t${title}\t${description}\t${status}\t${priorityOf(random)}\t` +
    `${someLabels(random)}\t${due}\t${changed ? 2 + random.skewed(10, 1) : 1}\t${timeText(createdAt)}\t${updated}\t` +
    `${status === 'done' ? updated : '\\N'}\t${deleted ? updated : '\\N'}\n`
  );
}

/**
 * @param rows todos in all
 * @param users who have them, beside the one that is measured
 * @param seed a whole number
 */
export function datasetOf(rows: number, users: number, seed: number): Dataset {
  const ofUsers = randomOf(seed);
  // The first is the user that is measured.
  const userIds = Array.from({ length: 1 + users }, (_, n) => idAt(begin - day + n * 1000, ofUsers));
  const [userId = '', ...others] = userIds;
  return {
    rows,
    seed,
    userId,
    userTodos: Math.floor(rows / userEvery),
    *users() {
      for (const [n, id] of userIds.entries()) {
        const createdAt = timeText(begin - day + n * 1000);
        yield `${id}\tuser-${n}@bench.example\tUser ${n}\tnobody can log in\t${createdAt}\t${createdAt}\n`;
      }
    },
    *todos() {
      const random = randomOf(seed + 1);
      const step = Math.floor((end - begin) / rows);
      let turn = 0;
      for (let n = 0; n < rows; n += 1) {
        const place = n % userEvery;
        if (place === 0) turn = random.below(userEvery);
        // A last block that isn't whole has none, so that the count is exact.
        const mine = place === turn && n - place + userEvery <= rows;
        const owner = mine ? userId : others[random.skewed(others.length, ownerHead)];
        yield todoLine(owner ?? '', begin + n * step + random.below(step), random);
      }
    },
  };
}
