import type { Knex } from 'knex';
import { raw } from 'objection';
import { violates } from '../database/errors.ts';
import { UserModel } from '../database/models.ts';

export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface UserRepository {
  /** @returns `undefined` when the e-mail address is taken */
  insert(user: Pick<UserRow, 'email' | 'name' | 'password_hash'>): Promise<UserRow | undefined>;
  findById(id: string): Promise<UserRow | undefined>;
  findByEmail(email: string): Promise<UserRow | undefined>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
}

export function createUserRepository(knex: Knex): UserRepository {
  const Users = UserModel.bindKnex(knex);
  return {
    async insert(user) {
      try {
        return await Users.query().insert(user).returning('*');
      } catch (error) {
        // objection wraps pg's error; the wrapper carries the constraint as well.
        if (violates(error, 'users_email_unique')) return undefined;
        throw error;
      }
    },
    findById: async (id) => Users.query().findById(id),
    findByEmail: async (email) => Users.query().findOne({ email }),
    async setPasswordHash(id, passwordHash) {
      await Users.query()
        .findById(id)
        .patch({ password_hash: passwordHash, updated_at: raw('now()') });
    },
  };
}
