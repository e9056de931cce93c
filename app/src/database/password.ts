import type { Signer } from '@aws-sdk/rds-signer';
import type { Config } from '../config.ts';

/** AWS gave no credentials that a token for the database could be made of; `cause` says what was tried. */
export class NoDatabaseToken extends Error {
  override readonly name = 'NoDatabaseToken';
  readonly code = 'ERR_NO_DATABASE_TOKEN';

  constructor(cause: unknown) {
    super(
      'No token for the database could be made, since there are no credentials of AWS: give the pod a role by EKS ' +
        'Pod Identity or its service account (terraform/README.md, "Authentication by IAM").',
      { cause },
    );
  }
}

/**
 * Returns what pg logs in with: the password of DATABASE_URL, or a function that it calls for each new connection. That makes
 * a new token of IAM, since one lives 15 minutes and a pool opens connections for weeks; it is signed here, and
 * AWS is asked only for the credentials to sign with, which the library keeps until they run out.
 */
export function databasePassword(config: Config): string | (() => Promise<string>) {
  const { host, port, user, password } = config.DATABASE_URL;
  if (config.DATABASE_AUTHENTICATION === 'password') return password;
  let signer: Signer | undefined;
  return async () => {
    try {
      // Loaded here: whoever logs in by a password doesn't need it in memory.
      const aws = await import('@aws-sdk/rds-signer');
      signer ??= new aws.Signer({
        hostname: host,
        port,
        username: user,
        ...(config.AWS_REGION && { region: config.AWS_REGION }),
      });
      return await signer.getAuthToken();
    } catch (error) {
      throw new NoDatabaseToken(error);
    }
  };
}
