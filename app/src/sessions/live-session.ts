/**
 * The condition, in SQL, that the session of an access token goes on: it was not ended, has not expired, and was not
 * erased with its user. Every write has it, so that no token writes after log-out. It locks nothing: a write that was under
 * way when its session ended counts as the earlier of the two. The user is asked for as well, so that who signs tokens
 * with a stolen key has to know a session of each user they write as.
 * @param sessionId expression of the token's session
 * @param userId expression of the token's user
 */
export const sessionGoesOn = (sessionId: string, userId: string) => `exists (
  select from sessions where id = ${sessionId} and user_id = ${userId} and revoked_at is null and expires_at > now())`;
