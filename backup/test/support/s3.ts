/** A storage that speaks as S3 does: moto, from PyPI. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { freePort } from '@sightline/servers/free-port.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startProxy, type TcpProxy } from '@sightline/testkit/proxy.ts';
import { moto } from '@sightline/tools/moto.ts';
import { NotPossible } from '@sightline/tools/python-environment.ts';
import { AwsClient } from 'aws4fetch';

/** Tests that need it; where it can't run they are skipped, and their name says why. */
export async function describeWithS3(name: string, tests: () => void | Promise<void>): Promise<void> {
  try {
    await moto();
  } catch (error) {
    if (!(error instanceof NotPossible)) throw error;
    describe.skip(`${name} (skipped: ${error.message})`, () => {});
    return;
  }
  await tests();
}

export interface TestS3 {
  /** For the programs: endpoint, keys, and a prefix in a bucket that is there. */
  readonly environment: Readonly<Record<string, string>>;
  /** A way there that can be cut, and the settings that lead over it. */
  startProxy(): Promise<TcpProxy & { readonly environment: Readonly<Record<string, string>> }>;
  send(method: string, path: string, body?: string): Promise<Response>;
  stop(): void;
}

const keys = { accessKeyId: 'test', secretAccessKey: 'hunter2-of-s3' };
const bucket = 'backups';

export async function startS3(): Promise<TestS3> {
  const venv = await moto();
  const port = await freePort();
  const child = spawn(join(venv, 'bin/moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
    env: { PATH: process.env['PATH'] },
    stdio: 'ignore',
  });
  const killWithTests = () => child.kill('SIGKILL');
  process.once('exit', killWithTests);
  const client = new AwsClient({ ...keys, service: 's3', region: 'us-east-1', retries: 0 });
  const send = (method: string, path: string, body?: string) =>
    client.fetch(`http://127.0.0.1:${port}/${path}`, { method, ...(body !== undefined && { body }) });
  await eventually(async () => (await send('PUT', bucket)).ok, 60_000);
  const settings = {
    BACKUP_DESTINATION: `s3://${bucket}/todo/production`,
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    S3_ACCESS_KEY_ID: keys.accessKeyId,
    S3_SECRET_ACCESS_KEY: keys.secretAccessKey,
    S3_PART_BYTES: String(5 * 1024 ** 2),
  };
  return {
    environment: settings,
    async startProxy() {
      const proxy = await startProxy({ host: '127.0.0.1', port });
      return { ...proxy, environment: { ...settings, S3_ENDPOINT: `http://127.0.0.1:${proxy.port}` } };
    },
    send,
    stop() {
      child.kill('SIGKILL');
      process.off('exit', killWithTests);
    },
  };
}
