import type { Knex } from 'knex';
import { raw } from 'objection';
import { TodoModel, UserModel } from '../database/models.ts';
import { named } from '../database/statements.ts';
import { connectionOf } from '../database/transaction.ts';
import { networkHash } from '../sessions/known-networks.ts';

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

export interface UserRepository {
  /** @returns `undefined` when the e-mail address is taken */
  insert(user: Pick<UserRow, 'email' | 'name' | 'password_hash'>): Promise<UserRow | undefined>;
  findById(id: string): Promise<UserRow | undefined>;
  findByEmail(email: string): Promise<UserRow | undefined>;
  /**
   * What a log-in has to know.
   * @param network that it comes from
   * @returns `undefined` when nobody has this e-mail address
   */
  findForLogIn(email: string, network: string): Promise<LogInRow | undefined>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
  /** Stores another hash of the same password; nothing when the password was changed since `current` was read. */
  replacePasswordHash(id: string, current: string, renewed: string): Promise<void>;
  /**
   * Deletes the user with their todos, events and sessions.
   * @returns whether there was one
   */
  erase(id: string): Promise<boolean>;
}

export function createUserRepository(knex: Knex): UserRepository {
  const Users = UserModel.bindKnex(knex);
  const Todos = TodoModel.bindKnex(knex);
  return {
    async insert(user) {
      // A statement that fails for a duplicate would be in PostgreSQL's log as an error.
      const inserted = await named('users.create', () =>
        Users.query(connectionOf(knex)).insert(user).onConflict('email').ignore().returning('*'),
      );
      // Objection gives back what it was given when nothing was inserted.
      return inserted.id === undefined ? undefined : inserted;
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
        Users.query()
          .findById(id)
          .patch({ password_hash: passwordHash, updated_at: raw('now()') }),
      );
    },
    async replacePasswordHash(id, current, renewed) {
      await named('users.renew_password_hash', () =>
        Users.query().where({ id, password_hash: current }).patch({ password_hash: renewed }),
      );
    },
    erase: (id) =>
      named('users.erase', () =>
        knex.transaction(async (transaction) => {
          // Before the user, although foreign keys would cascade: a change of a todo locks the todo, then, for its
          // event, the user. Another order here could make the two wait for each other.
          await Todos.query(transaction).where({ owner_id: id }).delete();
          return (await Users.query(transaction).deleteById(id)) > 0;
        }),
      ),
  };
}
