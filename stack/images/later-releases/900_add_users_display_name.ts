import type { Knex } from 'knex';

/** A trigger that keeps the two names the same. */
export const namesAgree = `
  create function users_names_agree() returns trigger language plpgsql as $$
  begin
    if tg_op = 'INSERT' then
      new.display_name := coalesce(new.display_name, new.name);
      new.name := coalesce(new.name, new.display_name);
    elsif new.display_name is distinct from old.display_name then
      new.name := new.display_name;
    else
      new.display_name := new.name;
    end if;
    return new;
  end $$;
  create trigger users_names_agree before insert or update of name, display_name on users
    for each row execute function users_names_agree();`;

/**
 * Expand: the new column beside the old one, and a trigger that keeps the two the same. The release before, which
 * knows only `name`, and the one that comes, which knows only `display_name`, each find what the other wrote.
 *
 * One transaction, so `users` is locked until it is over: right for a table that is filled within a moment. For a large
 * one it is three migrations: column and trigger; the old rows, in batches; the check, `not valid` and then validated.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table users add column display_name text;

    ${namesAgree}

    update users set display_name = name;

    alter table users add constraint users_display_name_length
      check (display_name is not null and char_length(display_name) between 1 and 100);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    drop trigger users_names_agree on users;
    drop function users_names_agree;
    alter table users drop column display_name;
  `);
}
