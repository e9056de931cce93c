import { endWhenInterrupted } from '@sightline/settings/interrupt.ts';
import { SettingsError } from '@sightline/settings/setting.ts';
import { configError, readConfig } from './config.ts';
import { openDatabase } from './database/connection.ts';
import { inTransaction } from './database/transaction.ts';
import { generateRefreshToken } from './sessions/refresh-tokens.ts';
import { createSessionRepository } from './sessions/repository.ts';
import { createTelemetry } from './telemetry/telemetry.ts';
import { createTodoRepository } from './todos/repository.ts';
import { newTodo } from './todos/schema.ts';
import { createTodoService } from './todos/service.ts';
import { createAccountLimit } from './users/account-limit.ts';
import { weaknessOf } from './users/new-password.ts';
import { createPasswords } from './users/passwords.ts';
import { createUserRepository } from './users/repository.ts';
import { registration } from './users/schema.ts';
import { createUserService } from './users/service.ts';

const demoEmail = 'demo@sightline.example';
/** Whose place in the queue of passwords it is; nobody else is there. */
const network = 'seed';

const day = 86_400_000;
const due = (days: number) => new Date(Math.floor(Date.now() / day) * day + days * day).toISOString();

/** Enough of each status, priority and label that filters and sorts have something to show. */
const demoTodos = [
  { title: 'Read the golden signals dashboard', priority: 'high', labels: ['observability'], due_at: due(1) },
  { title: 'Find a request by its id in the logs', labels: ['observability', 'logs'], due_at: due(1) },
  {
    title: 'Stop the database and watch the alerts',
    priority: 'high',
    labels: ['observability'],
    due_at: due(2),
  },
  { title: 'Renew the certificate', priority: 'urgent', labels: ['operations'], due_at: due(3) },
  { title: 'Restore last night’s backup', status: 'in_progress', labels: ['operations'], due_at: due(4) },
  { title: 'Write the runbook for slow queries', status: 'in_progress', labels: ['docs'] },
  { title: 'Rotate the signing keys', priority: 'high', labels: ['operations', 'security'], due_at: due(7) },
  {
    title: 'Review the error budget',
    description: 'Every Monday, with the team.',
    labels: ['slo'],
    due_at: due(7),
  },
  { title: 'Add an endpoint', description: 'CONTRIBUTING.md goes from schema to test.', labels: ['docs'] },
  { title: 'Tidy up old branches', priority: 'low' },
  { title: 'Set up the repository', status: 'done', labels: ['docs'], due_at: due(-2) },
  { title: 'Choose a database', status: 'done', priority: 'high', due_at: due(-5) },
] as const;

/** Makes the demo user with a dozen todos, all or nothing; one that is there keeps its todos and gets the given password. */
async function seed(): Promise<void> {
  const config = readConfig();
  if (config.DEMO_USER_PASSWORD === undefined) {
    throw configError('DEMO_USER_PASSWORD is not set; the demo user needs one.');
  }
  const { log, metrics } = createTelemetry(config);
  const knex = openDatabase(config, log);
  try {
    const users = createUserRepository(knex);
    const sessions = createSessionRepository(knex, config);
    const todos = createTodoService(createTodoRepository(knex));
    const passwords = createPasswords(config, metrics);
    const demo = registration.parse({ email: demoEmail, password: config.DEMO_USER_PASSWORD, name: 'Demo' });
    const weakness = weaknessOf(demo.password, demo);
    if (weakness !== undefined) throw configError(`DEMO_USER_PASSWORD: ${weakness}`);
    const known = await users.findByEmail(demo.email);
    if (known) {
      const { matches } = await passwords.verify(known.password_hash, demo.password, network);
      if (!matches) {
        await users.setPasswordHash(known.id, await passwords.hash(demo.password, network));
        log.write('demo-password-set');
      }
      return;
    }
    await inTransaction(knex, async () => {
      const service = createUserService(users, sessions, passwords, createAccountLimit(config));
      const { id: userId } = await service.register(demo, network);
      // Todos are written in a session, and nobody has the tokens of this one.
      const { session } = await sessions.start(userId, generateRefreshToken().hash, 'seed');
      for (const todo of demoTodos)
        await todos.create(newTodo.parse(todo), { ...session, requestId: 'seed', audit: () => {} });
      await sessions.revoke(session);
    });
    log.write('demo-user-made', { 'labels.todo_count': demoTodos.length });
  } finally {
    await knex.destroy();
  }
}

endWhenInterrupted(
  'The demo user is there with all its todos, or not at all: what was begun is rolled back.',
);
try {
  await seed();
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exitCode = 1;
}
