import type { Config } from '../config.ts';
import type { Actor } from '../http/context.ts';
import { Problem } from '../http/problem.ts';
import { texts } from './fields.ts';
import type { TodoPatch } from './schema.ts';
import type { TodoService } from './service.ts';

/** The todos that a user has stored, deleted ones included: they can be restored. */
export interface Usage {
  readonly todos: number;
  /** UTF-8 of all text fields. */
  readonly bytes: number;
}

/** The milliseconds that a count is added to at most before it is done anew. Meanwhile other instances are not seen. */
const freshMs = 60_000;
/** The milliseconds that a count is believed even where it refuses: else each refusal would cost one. */
const believedMs = 10_000;
/** Users that are counted at most, some 10 MB: the one counted longest ago is forgotten first. */
const maxUsers = 50_000;

/** Bytes of the text that a todo, or a change of one, has. */
export const bytesOf = (todo: TodoPatch): number =>
  texts.reduce((sum, { name }) => sum + Buffer.byteLength([todo[name] ?? ''].flat().join('')), 0);

/** 0 sets no limit. */
const limit = (setting: number) => setting || Number.POSITIVE_INFINITY;

/**
 * Todos within QUOTA_TODOS and QUOTA_BYTES. What a user has is counted by one statement a minute, and what this instance
 * writes meanwhile is added: no write waits for another, and none costs a statement more. So the quota is exceeded by no
 * more than what is in flight while it is counted, and by what other instances write within that minute, which
 * RATE_LIMIT_USER bounds.
 * @param usageOf counts what a user has stored
 */
export function withQuota(
  todos: TodoService,
  { QUOTA_TODOS, QUOTA_BYTES }: Pick<Config, 'QUOTA_TODOS' | 'QUOTA_BYTES'>,
  usageOf: (actor: Actor) => Promise<Usage>,
): TodoService {
  if (QUOTA_TODOS === 0 && QUOTA_BYTES === 0) return todos;
  const max: Usage = { todos: limit(QUOTA_TODOS), bytes: limit(QUOTA_BYTES) };
  const counts = new Map<string, { todos: number; bytes: number; readonly at: number }>();
  const counting = new Map<string, Promise<unknown>>();

  /** Counts anew; those that ask at once share a count. */
  async function count(actor: Actor): Promise<void> {
    const { userId } = actor;
    const started =
      counting.get(userId) ??
      usageOf(actor)
        .then((usage) => {
          counts.delete(userId);
          counts.set(userId, { ...usage, at: performance.now() });
          if (counts.size > maxUsers) for (const oldest of counts.keys().take(1)) counts.delete(oldest);
        })
        .finally(() => counting.delete(userId));
    counting.set(userId, started);
    await started;
  }

  /** Whether so much more has room; it is added then. */
  async function take(actor: Actor, more: Usage): Promise<boolean> {
    for (const maxAge of [freshMs, believedMs]) {
      const known = counts.get(actor.userId);
      if (!known || performance.now() - known.at > maxAge) await count(actor);
      const usage = counts.get(actor.userId);
      // Forgotten at once, among so many.
      if (!usage) continue;
      if (usage.todos + more.todos > max.todos || usage.bytes + more.bytes > max.bytes) continue;
      usage.todos += more.todos;
      usage.bytes += more.bytes;
      return true;
    }
    return false;
  }

  const exceeded = () =>
    new Problem(
      'quota-exceeded',
      `You may have ${QUOTA_TODOS || 'any number of'} todos${QUOTA_BYTES ? ` and ${QUOTA_BYTES} bytes of text in them` : ''}, deleted ones included. Shorten or reuse todos, which counts within ten seconds, or ask who runs this service for more.`,
    );

  return {
    ...todos,
    async create(todo, actor) {
      if (!(await take(actor, { todos: 1, bytes: bytesOf(todo) }))) throw exceeded();
      return await todos.create(todo, actor);
    },
    async createAll(items, actor) {
      const bytes = items.reduce((sum, item) => sum + bytesOf(item), 0);
      if (!(await take(actor, { todos: items.length, bytes }))) throw exceeded();
      return await todos.createAll(items, actor);
    },
    async update(id, patch, versions, actor) {
      const bytes = bytesOf(patch);
      if (bytes > 0 && !(await take(actor, { todos: 0, bytes }))) {
        // What is not longer than before passes, however much there is.
        const before: Record<string, unknown> = await todos.get(id, actor);
        const replaced = Object.fromEntries(Object.keys(patch).map((name) => [name, before[name]]));
        if (bytes > bytesOf(replaced)) throw exceeded();
      }
      return await todos.update(id, patch, versions, actor);
    },
  };
}
