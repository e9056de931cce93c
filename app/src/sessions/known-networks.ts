import type { Knex } from 'knex';
import { named } from '../database/statements.ts';

/** Networks remembered of a user; the ones used longest ago are forgotten. */
export const maxNetworks = 50;

/**
 * The hash that a network of a user is remembered by, in SQL.
 * @param userId expression of the user's id
 */
export const networkHash = (userId: string) =>
  `sha256(convert_to(concat(${userId}, ' ', cast(:network as text)), 'UTF8'))`;

/**
 * Parts of a statement that remember the network of the session in its part `session`. A network is written down once
 * a day at most, so that who logs in often writes no more. What is too many is taken from the oldest, without waiting
 * for anybody, and after the session has locked its user, as the deletion of a user does.
 */
export const rememberNetwork = `
  known as (
    insert into known_networks (user_id, network_hash)
    select user_id, ${networkHash('user_id')} from session
    where not exists (
      select from known_networks
      where user_id = session.user_id and network_hash = ${networkHash('session.user_id')}
        and last_success_at > now() - interval '1 day'
    )
    on conflict (user_id, network_hash) do update set last_success_at = now()
  ),
  forgotten as (
    delete from known_networks using session
    where known_networks.user_id = session.user_id and network_hash = any(array(
      select network_hash from known_networks
      where user_id = session.user_id and network_hash <> ${networkHash('session.user_id')}
        and last_success_at < (
          select last_success_at from known_networks
          where user_id = session.user_id order by last_success_at desc offset ${maxNetworks - 2} limit 1
        )
      for update skip locked
    ))
  )`;

/**
 * Forgets networks that their users haven't logged in from for so many days. Safe to run in several processes at once.
 * @param limit most rows to delete
 * @returns how many rows were deleted
 */
export const forgetNetworks =
  (days: number) =>
  (knex: Knex, limit: number): Promise<number> =>
    named('known_networks.clean_up', async () => {
      const { rowCount } = await knex.raw<{ rowCount: number }>(
        `delete from known_networks where ctid = any(array(
           select ctid from known_networks
           where last_success_at < now() - make_interval(days => :days)
           order by last_success_at limit :limit for update skip locked
         ))`,
        { days, limit },
      );
      return rowCount;
    });
