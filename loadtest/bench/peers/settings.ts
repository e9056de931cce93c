/** A variable that every peer is given: the rest of it is in its own file. */
function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: peers are started by \`make bench\`.`);
  return value;
}

/** For every pool, as many connections as the service has unless it is told otherwise. */
export const poolSize = 10;

/**
 * Whether each transaction may meet another connection, by a pooler: it has no statements that were prepared, nor the
 * settings of a session. Times come in the server's time zone then.
 */
export const isPooled = process.env['IS_POOLED'] !== undefined;

/** Times come as the service gives them: in UTC. */
export const connection = {
  connectionString: required('DATABASE_URL'),
  ...(!isPooled && { options: '-c TimeZone=UTC -c DateStyle=ISO' }),
};

/** Whose todos they are, for peers that ask nobody who they are. */
export const ownerId = () => required('OWNER_ID');

/**
 * The facts by which a peer verifies a token of the service: its public key as PEM, and the claims `iss` and
 * `aud`.
 */
export const accessTokens = () => ({
  publicKey: required('JWT_PUBLIC_KEY'),
  issuer: required('JWT_ISSUER'),
  audience: required('JWT_AUDIENCE'),
});

export const host = '127.0.0.1';

/** Tells whoever started this process where it listens. */
export function tellPort(port: number): void {
  process.send?.({ port });
}
