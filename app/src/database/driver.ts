import pg from 'pg';

/**
 * A connection that is closed when it can't be made. pg leaves it open when no password could be had, and PostgreSQL
 * then waits for one: for a minute, during which it can't drop any database of the server.
 */
class Client extends pg.Client {
  override async connect(): Promise<this> {
    try {
      await super.connect();
      return this;
    } catch (error) {
      this.end().catch(() => {});
      throw error;
    }
  }
}

/** pg, as knex takes it. */
export const driver = { ...pg, Client };
