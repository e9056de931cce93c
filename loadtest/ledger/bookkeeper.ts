/**
 * k6 script: todos are created, finished and deleted at a steady rate, and each request is a line of JSON on k6's
 * console, before it is sent and when it is answered. A creation without an acknowledgement is sent again under its
 * idempotency key, as a careful client does. The users stay, so that what was written can be looked at.
 */
import { sleep } from 'k6';
import { sha256 } from 'k6/crypto';
import { test } from 'k6/execution';
import http from 'k6/http';
import type { Options } from 'k6/options';
import { comeFrom, originHeaders } from '../k6/api.ts';
import { operations } from '../k6/contract.ts';
import { duration, rate, target } from '../k6/settings.ts';
import { type LoadUser, makeUsers, randomHex, userOf, type World } from '../k6/users.ts';
import { type LedgerLine, type ShownTodo, titlePrefix, type Write } from './line.ts';

/** Each waits out an outage of some seconds in one virtual user. */
const maxVirtualUsers = 120;

export const options: Options = {
  scenarios: {
    bookkeeper: {
      executor: 'constant-arrival-rate',
      exec: 'bookkeeper',
      rate: rate ?? 4,
      duration: `${duration ?? 60}s`,
      preAllocatedVUs: 20,
      maxVUs: maxVirtualUsers,
      gracefulStop: '60s',
    },
  },
  setupTimeout: '120s',
  // No `url`: with ids in it each request would be a series of its own.
  systemTags: ['method', 'name', 'status'],
};

export const setup = () => makeUsers(3);

/** A creation is tried for about half a minute. */
const maxAttempts = 12;
/** Longer than the service takes for any answer, 503 for a request that took too long among them. */
const timeout = '30s';

const note = (line: LedgerLine) => console.log(JSON.stringify(line));

/** The request that makes a write. */
interface Sending {
  readonly operation: 'createTodo' | 'updateTodo' | 'deleteTodo';
  readonly id?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: object;
}

/** The life of one todo. */
export function bookkeeper(world: World): void {
  const user = userOf(world);
  comeFrom(user.address);
  const key = randomHex();
  try {
    const created = create(user, key);
    if (created === undefined) return;
    sleep(0.2 + Math.random());
    const finished = attempt(user, key, 'finish', {
      operation: 'updateTodo',
      id: created.id,
      headers: { 'If-Match': `"${created.version}"`, 'Content-Type': 'application/merge-patch+json' },
      json: { status: 'done' },
    });
    // Every second one stays.
    if (finished.todo === undefined || Math.random() < 0.5) return;
    sleep(0.2 + Math.random());
    attempt(user, key, 'delete', {
      operation: 'deleteTodo',
      id: created.id,
      headers: { 'If-Match': `"${finished.todo.version}"` },
    });
  } finally {
    note({ key, at: Date.now(), is: 'closed' });
  }
}

/**
 * The todo once its creation is acknowledged; undefined when that takes too long, or when it is refused. Ends the run
 * when nobody ever answers: whoever started it was killed, and its stack is gone.
 */
function create(user: LoadUser, key: string): ShownTodo | undefined {
  let isAnswered = false;
  for (let tried = 0; tried < maxAttempts; tried += 1) {
    const { status, todo } = attempt(user, key, 'create', {
      operation: 'createTodo',
      headers: { 'Idempotency-Key': key, 'Content-Type': 'application/json' },
      json: { title: `${titlePrefix}${key}` },
    });
    if (todo !== undefined) return todo;
    isAnswered ||= status !== 0;
    // 409: its twin is still at work.
    if (status >= 400 && status < 500 && status !== 409) return undefined;
    sleep(1 + 2 * Math.random());
  }
  if (!isAnswered) test.abort(`${target} does not answer.`);
  return undefined;
}

/** Sends a request once, and writes it down. */
function attempt(
  { session }: LoadUser,
  key: string,
  write: Write,
  { operation, id, headers, json }: Sending,
): { status: number; todo: ShownTodo | undefined } {
  const { method, route } = operations[operation];
  const began = Date.now();
  note({ key, at: began, is: 'sent', write });
  const response = http.request(
    method,
    `${target}${route.replace(':id', id ?? '')}`,
    json === undefined ? null : JSON.stringify(json),
    {
      headers: { ...originHeaders(), ...headers, Authorization: `Bearer ${session.accessToken}` },
      tags: { name: route },
      redirects: 0,
      timeout,
      responseType: 'text',
    },
  );
  const at = Date.now();
  const todo = response.status >= 200 && response.status < 300 ? shown(response.body) : undefined;
  note({
    key,
    at,
    is: 'answered',
    write,
    status: response.status,
    seconds: (at - began) / 1000,
    ...(todo && { todo }),
  });
  return { status: response.status, todo };
}

/** The todo in an answer that has one. */
function shown(body: unknown): ShownTodo | undefined {
  if (typeof body !== 'string' || body === '') return undefined;
  const { id, version, status, title } = JSON.parse(body) as Omit<ShownTodo, 'titleHash'> & { title: string };
  return { id, version, status, titleHash: sha256(title, 'hex') };
}
