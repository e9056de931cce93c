/** The credentials that a bucket is used with. */
import { StorageError } from '../outcome.ts';
import { reasonOf } from '../reason.ts';
import type { Values } from '../settings.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Only in credentials that expire. */
  readonly sessionToken?: string | undefined;
}

/**
 * Makes the function that is asked for credentials at each request, and gives the same until they run out:
 * the access key of the settings, or without one whatever AWS's own chain finds, which is where AWS puts it:
 * the variables AWS_…, the role of a service account (IRSA, EKS Pod Identity), that of the machine.
 * @throws StorageError, of what it returns, when there are none: a token may come late
 */
export function credentialsOf({
  S3_ACCESS_KEY_ID: accessKeyId,
  S3_SECRET_ACCESS_KEY: secretAccessKey,
  S3_REGION: region,
}: Values<'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY' | 'S3_REGION'>): () => Promise<Credentials> {
  if (accessKeyId !== '' || secretAccessKey !== '')
    return () => Promise.resolve({ accessKeyId, secretAccessKey });
  let chain: (() => Promise<Credentials>) | undefined;
  return async () => {
    try {
      // Loaded here: whoever has a key or a folder doesn't need it in memory.
      const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
      chain ??= defaultProvider({ clientConfig: { region } });
      return await chain();
    } catch (error) {
      throw new StorageError(
        `There are no credentials for the bucket: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY, or give the pod a role (terraform/README.md, "Backups"). AWS's own chain says: ${reasonOf(error)}`,
      );
    }
  };
}
