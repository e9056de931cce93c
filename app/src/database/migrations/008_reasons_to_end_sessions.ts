import type { Knex } from 'knex';
import { briefly } from './briefly.ts';

/** Not in one transaction: the rows are checked beside writers, and not under the lock that a new constraint takes. */
export const config = { transaction: false };

/** Puts a constraint in the place of another, for moments each. Every step can be done again after it broke off. */
async function replaceConstraint(knex: Knex, old: string, name: string, reasons: readonly string[]) {
  const list = reasons.map((reason) => `'${reason}'`).join(', ');
  await briefly(
    knex,
    `alter table sessions drop constraint if exists ${name},
       add constraint ${name} check (revoked_reason in (${list})) not valid`,
  );
  await briefly(knex, `alter table sessions validate constraint ${name}`);
  await briefly(knex, `alter table sessions drop constraint if exists ${old}`);
}

const before = ['logged_out', 'replayed'];
const oldName = 'sessions_revoked_reason_known';
const newName = 'sessions_revoked_reason_listed';

/**
 * Sessions end for more reasons: their user ended them from another one, changed the password, or has begun too many.
 * The release before writes two of the reasons and reads none.
 */
export function up(knex: Knex): Promise<void> {
  return replaceConstraint(knex, oldName, newName, [...before, 'ended', 'password_changed', 'too_many']);
}

/** Sessions that ended for a new reason are left as ended by their user. */
export async function down(knex: Knex): Promise<void> {
  await knex.raw("update sessions set revoked_reason = 'logged_out' where revoked_reason <> all(?)", [
    before,
  ]);
  await replaceConstraint(knex, newName, oldName, before);
}
