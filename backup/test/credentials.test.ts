/** A bucket that is used as a role: without a key, and without the right to remove anything. */
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { BackupFixture, describeWithPgDump } from './support/backups.ts';
import { describeWithS3, startS3, type TestS3 } from './support/s3.ts';

/** A request that came over the gate. */
interface Seen {
  readonly method: string;
  readonly url: string;
  /** The id of the access key that it is signed by. */
  readonly key: string | undefined;
  readonly token: string | undefined;
  readonly md5: string | undefined;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
async function listening(server: Server): Promise<Server> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

await describeWithS3('a bucket that is used as a role', () =>
  describeWithPgDump('a bucket that is used as a role', (programs) => {
    let fixture: BackupFixture;
    let s3: TestS3;
    let gate: Server;
    let agent: Server;
    let folder: string;
    const seen: Seen[] = [];
    const answered: (string | undefined)[] = [];

    /** Passes on to the storage, and refuses to remove objects, as a bucket's policy does. */
    function passOn(incoming: IncomingMessage, to: string): Promise<{ status: number; body: Buffer }> {
      const { method = '', url = '', headers } = incoming;
      const { authorization, 'x-amz-security-token': token, 'content-md5': md5 } = headers;
      const key = /Credential=([^/]+)/.exec(authorization ?? '')?.[1];
      seen.push({ method, url, key, token: token as string | undefined, md5: md5 as string | undefined });
      if (method === 'DELETE' && !url.includes('uploadId'))
        return Promise.resolve({
          status: 403,
          body: Buffer.from('<Error><Code>AccessDenied</Code></Error>'),
        });
      return new Promise((resolve, reject) => {
        const outgoing = request(`${to}${url}`, { method, headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 500, body: Buffer.concat(chunks) }),
          );
        });
        outgoing.on('error', reject);
        incoming.pipe(outgoing);
      });
    }

    beforeAll(async () => {
      s3 = await startS3();
      fixture = await BackupFixture.make(programs);
      folder = await mkdtemp(join(tmpdir(), 'token-'));
      await writeFile(join(folder, 'token'), 'a-token-of-the-cluster');
      const storage = s3.environment['S3_ENDPOINT'] ?? '';
      gate = await listening(
        createServer((incoming, response) => {
          passOn(incoming, storage).then(
            ({ status, body }) => response.writeHead(status).end(body),
            () => response.writeHead(502).end(),
          );
        }),
      );
      // As EKS Pod Identity answers on each node.
      agent = await listening(
        createServer((incoming, response) => {
          answered.push(incoming.headers.authorization);
          response.writeHead(200, { 'content-type': 'application/json' }).end(
            JSON.stringify({
              AccessKeyId: 'ASIAPODIDENTITY',
              SecretAccessKey: 'hunter2-of-the-pod',
              Token: 'session-of-the-pod',
              Expiration: new Date(Date.now() + 3_600_000).toISOString(),
            }),
          );
        }),
      );
    });
    afterAll(async () => {
      gate.close();
      agent.close();
      await fixture[Symbol.asyncDispose]();
      s3.stop();
      await rm(folder, { recursive: true, force: true });
    });
    beforeEach(() => void seen.splice(0));

    /** No key, and none of AWS's own to be found on this machine. */
    const asRole = (more: Readonly<Record<string, string>>) => ({
      ...s3.environment,
      S3_ENDPOINT: urlOf(gate),
      S3_ACCESS_KEY_ID: '',
      S3_SECRET_ACCESS_KEY: '',
      AWS_EC2_METADATA_DISABLED: 'true',
      HOME: folder,
      ...more,
    });
    const podIdentity = () => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${urlOf(agent)}/v1/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'token'),
    });
    const keepOne = { BACKUP_KEEP_LAST: '1', BACKUP_KEEP_DAILY: '0', BACKUP_KEEP_WEEKLY: '0' };

    test('of EKS Pod Identity is: each request is signed by it, and bears what object lock asks for', async () => {
      const environment = asRole({ ...podIdentity(), BACKUP_PRUNED_BY: 'destination' });
      const id = await fixture.backUp(environment);
      expect(answered).toEqual(['a-token-of-the-cluster']);
      expect(seen.length).toBeGreaterThan(1);
      for (const { key, token } of seen)
        expect([key, token]).toEqual(['ASIAPODIDENTITY', 'session-of-the-pod']);
      for (const { md5 } of seen.filter(({ method }) => method === 'PUT')) expect(md5).toMatch(/==$/);
      const target = await fixture.emptyDatabase();
      const restored = await fixture.run('restore.ts', { ...environment, DATABASE_URL: target });
      expect([restored.code, restored.output]).toEqual([0, expect.stringContaining(`Restored ${id}`)]);
      expect(restored.output).not.toContain('hunter2');
    });

    test("of a service account (IRSA) is: the cluster's token is changed for it at STS", async () => {
      const environment = asRole({
        AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/backup',
        AWS_ROLE_SESSION_NAME: 'backup',
        AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'),
        AWS_ENDPOINT_URL_STS: s3.environment['S3_ENDPOINT'] ?? '',
        BACKUP_PRUNED_BY: 'destination',
      });
      await fixture.backUp(environment);
      for (const { key, token } of seen)
        expect([key, token]).toEqual([expect.stringMatching(/^ASIA/), expect.stringMatching(/./)]);
    });

    test('removes nothing when it is not to, and says so when it is to and may not', async () => {
      await fixture.backUp(asRole({ ...podIdentity(), ...keepOne, BACKUP_PRUNED_BY: 'destination' }));
      expect(seen.filter(({ method }) => method === 'DELETE')).toEqual([]);
      const { code, output } = await fixture.run('backup.ts', asRole({ ...podIdentity(), ...keepOne }));
      expect([code, output]).toEqual([
        0,
        expect.stringMatching(/What need not be kept could not be removed: .* 403 AccessDenied/),
      ]);
    });

    test('that nobody gives is missed in a sentence, and asked for again', async () => {
      const { code, output } = await fixture.run('backup.ts', asRole({ BACKUP_ATTEMPTS: '2' }));
      expect(output).toMatch(/There are no credentials for the bucket: set S3_ACCESS_KEY_ID/);
      expect(output).toContain('Attempt 2 of 2');
      expect(code).toBe(1);
      expect(await readdir(folder)).toEqual(['token']);
    });
  }),
);
