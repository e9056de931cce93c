import type { Knex } from 'knex';
import { raw } from 'objection';
import { UserModel } from '../database/models.ts';
import { named } from '../database/statements.ts';
import { connectionOf, inTransaction } from '../database/transaction.ts';
import type { Principal } from '../http/authentication.ts';
import { networkHash } from '../sessions/known-networks.ts';
import { sessionGoesOn } from '../sessions/live-session.ts';

export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface LogInRow extends Pick<UserRow, 'id' | 'password_hash'> {
  /** Whether the user has logged in from the network lately. */
  readonly known_network: boolean;
}

const findForLogIn = `
  select id, password_hash,
    exists (
      select from known_networks where user_id = users.id and network_hash = ${networkHash('users.id')}
    ) as known_network
  from users where email = :email`;

/** A user, whose session has to go on. */
const ofSession = `id = :userId and ${sessionGoesOn(':sessionId', ':userId')}`;

/**
 * Statements that erase a user, one after the other. First others who would erase them, or begin a session,
 * wait, but no writer of a todo, who only asks that the user stays. Then the todos, by a statement that sees
 * all until now: a change of one locks it, then, for its event, the user; in another order the two could wait
 * for each other. They go by foreign keys that cascade: the service's role can't remove them.
 */
const eraseUser = [
  `select id from users where ${ofSession} for no key update`,
  'select id from todos where owner_id = :userId order by id for update',
  `delete from users where ${ofSession}`,
];

export interface UserRepository {
  /** @returns `undefined` when the e-mail address is taken */
  insert(user: Pick<UserRow, 'email' | 'name' | 'password_hash'>): Promise<UserRow | undefined>;
  findById(id: string): Promise<UserRow | undefined>;
  /** @returns `undefined` when the session has ended */
  findOfSession(session: Principal): Promise<UserRow | undefined>;
  findByEmail(email: string): Promise<UserRow | undefined>;
  /**
   * Finds the columns that a log-in needs.
   * @param network that it comes from
   * @returns `undefined` when nobody has this e-mail address
   */
  findForLogIn(email: string, network: string): Promise<LogInRow | undefined>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
  /** Stores another hash of the same password. */
  renewPasswordHash(id: string, passwordHash: string): Promise<void>;
  /**
   * Does `work` in a transaction that holds the user: meanwhile nobody else begins a session of theirs or changes their
   * password, and its statements see what was begun before.
   * @returns `undefined`, with nothing done, when their hash is not this one any more, or they are gone
   */
  holding<Result>(
    user: Pick<UserRow, 'id' | 'password_hash'>,
    work: () => Promise<Result>,
  ): Promise<Result | undefined>;
  /**
   * Deletes the user with their todos, events and sessions.
   * @returns whether it did, which it doesn't when the session has ended
   */
  erase(session: Principal): Promise<boolean>;
}

export function createUserRepository(knex: Knex): UserRepository {
  const Users = UserModel.bindKnex(knex);
  return {
    async insert(user) {
      // A statement that fails for a duplicate would be in PostgreSQL's log as an error.
      const inserted = await named('users.create', () =>
        Users.query(connectionOf(knex)).insert(user).onConflict('email').ignore().returning('*'),
      );
      // Objection gives back what it was given when nothing was inserted.
      return inserted.id === undefined ? undefined : inserted;
    },
    async findOfSession({ userId, sessionId }) {
      return await named('users.get', () => Users.query().whereRaw(ofSession, { userId, sessionId }).first());
    },
    findById: (id) => named('users.get', () => Users.query().findById(id)),
    findByEmail: (email) => named('users.get_by_email', () => Users.query().findOne({ email })),
    async findForLogIn(email, network) {
      const { rows } = await named('users.get_by_email', () =>
        knex.raw<{ rows: LogInRow[] }>(findForLogIn, { email, network }),
      );
      return rows[0];
    },
    async setPasswordHash(id, passwordHash) {
      await named('users.set_password_hash', () =>
        Users.query(connectionOf(knex))
          .findById(id)
          .patch({ password_hash: passwordHash, updated_at: raw('now()') }),
      );
    },
    async renewPasswordHash(id, passwordHash) {
      await named('users.renew_password_hash', () =>
        Users.query(connectionOf(knex)).findById(id).patch({ password_hash: passwordHash }),
      );
    },
    holding: ({ id, password_hash }, work) =>
      inTransaction(knex, async () => {
        // A statement of its own, since one sees only what was there before it waited for the lock.
        const held = await named('users.lock', () =>
          Users.query(connectionOf(knex)).select('id').findOne({ id, password_hash }).forNoKeyUpdate(),
        );
        return held && (await work());
      }),
    erase: ({ userId, sessionId }) =>
      inTransaction(knex, async () => {
        let count = 0;
        for (const statement of eraseUser)
          ({ rowCount: count } = await named('users.erase', () =>
            connectionOf(knex).raw<{ rowCount: number }>(statement, { userId, sessionId }),
          ));
        return count > 0;
      }),
  };
}
