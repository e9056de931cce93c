/** Backups in a bucket of S3, or of a storage that speaks as it does. */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AwsClient } from 'aws4fetch';
import { StorageError, say } from '../outcome.ts';
import { inPieces } from '../pieces.ts';
import { reasonOf } from '../reason.ts';
import type { Values } from '../settings.ts';
import { type Credentials, credentialsOf } from './credentials.ts';
import type { Storage } from './storage.ts';

/** Attempts of one request; a part is sent again, not the whole backup. */
const attempts = 4;
const firstPauseMs = 200;
const requestMs = 120_000;

interface Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Key of the object; none: of the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The texts of an element, wherever it stands. S3's answers are flat enough for that. */
const textsIn = (xml: string, element: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, found = '']) =>
    found.replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole),
  );

/** The parts again, of which the first was taken to look at. */
async function* beginningWith(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

type S3Settings = Values<
  'S3_ENDPOINT' | 'S3_REGION' | 'S3_ACCESS_KEY_ID' | 'S3_SECRET_ACCESS_KEY' | 'S3_PART_BYTES'
>;

export function s3Storage(
  bucket: string,
  prefix: string,
  settings: S3Settings,
  interrupted: AbortSignal,
): Storage {
  const { S3_ENDPOINT: endpoint, S3_REGION: region, S3_PART_BYTES: partBytes } = settings;
  const name = `s3://${bucket}/${prefix}`;
  const credentials = credentialsOf(settings);
  let client: { readonly of: Credentials; readonly aws: AwsClient } | undefined;
  /** It signs with one set of credentials, and keeps what it derives of them for a day. */
  async function signing(): Promise<AwsClient> {
    const of = await credentials();
    if (client?.of.accessKeyId !== of.accessKeyId || client.of.sessionToken !== of.sessionToken) {
      const { accessKeyId, secretAccessKey, sessionToken } = of;
      // Its own attempts would come after an answer only, and these also after none.
      const own = { service: 's3', region, retries: 0 };
      const token = sessionToken === undefined ? {} : { sessionToken };
      client = { of, aws: new AwsClient({ accessKeyId, secretAccessKey, ...token, ...own }) };
    }
    return client.aws;
  }
  // By path where the host is given: names of buckets are no names of hosts there.
  const base = endpoint
    ? new URL(`${bucket}/`, endpoint.endsWith('/') ? endpoint : `${endpoint}/`)
    : new URL(`https://${bucket}.s3.${region}.amazonaws.com/`);
  const keyOf = (object: string) => (prefix === '' ? object : `${prefix}/${object}`);

  /**
   * A POST begins an upload or completes it: without its answer nobody could undo it. A DELETE is what undoes. Both are
   * short.
   */
  const endOf = (method: Request['method']) =>
    method === 'GET' || method === 'PUT' ? interrupted : new AbortController().signal;

  async function once({ method, key = '', query = {}, body }: Request): Promise<Response> {
    const url = new URL(key.split('/').map(encodeURIComponent).join('/'), base);
    for (const [parameter, value] of Object.entries(query)) url.searchParams.set(parameter, value);
    return await (await signing()).fetch(url.href, {
      method,
      headers: {
        'x-amz-content-sha256': createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
        // Object lock takes nothing without it.
        ...(body && { 'content-md5': createHash('md5').update(body).digest('base64') }),
      },
      ...(body && { body: Buffer.from(body) }),
      signal: AbortSignal.any([AbortSignal.timeout(requestMs), endOf(method)]),
    });
  }

  /** The answer to a request, sent again while the storage is away or says that it is busy. */
  async function send(request: Request): Promise<Response> {
    let problem = '';
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const end = endOf(request.method);
      if (attempt > 1) await pause(firstPauseMs * 2 ** (attempt - 2), undefined, { signal: end });
      end.throwIfAborted();
      try {
        const response = await once(request);
        if (response.ok) return response;
        const answer = await response.text();
        problem = `${response.status} ${textsIn(answer, 'Code')[0] ?? ''}`.trim();
        if (response.status < 500 && response.status !== 429) break;
      } catch (error) {
        const { cause } = error as { cause?: unknown };
        problem = cause === undefined ? reasonOf(error) : reasonOf(cause);
      }
    }
    throw new StorageError(`${name} does not do ${request.method} ${request.key ?? ''}: ${problem}.`);
  }

  async function writeInParts(key: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const begun = await (await send({ method: 'POST', key, query: { uploads: '' } })).text();
    const uploadId = textsIn(begun, 'UploadId')[0] ?? '';
    try {
      const tags: string[] = [];
      for await (const body of parts) {
        const query = { partNumber: String(tags.length + 1), uploadId };
        const { headers } = await send({ method: 'PUT', key, query, body });
        tags.push(headers.get('etag') ?? '');
      }
      const list = tags.map(
        (tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`,
      );
      const body = Buffer.from(`<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`);
      const ended = await (await send({ method: 'POST', key, query: { uploadId }, body })).text();
      // It begins to answer before it knows, so a failure comes with the status 200.
      if (ended.includes('<Error>'))
        throw new StorageError(`${name} did not put ${key} together: ${textsIn(ended, 'Code')[0]}.`);
    } catch (error) {
      // What was sent costs money until then. A rule of the bucket removes what a killed run leaves.
      await send({ method: 'DELETE', key, query: { uploadId } }).catch((problem: unknown) =>
        say(`What was sent of ${key} stays until the bucket's rule aborts it: ${reasonOf(problem)}`),
      );
      throw error;
    }
  }

  return {
    name,
    async list() {
      const found: string[] = [];
      const start = prefix === '' ? '' : `${prefix}/`;
      let more: string | undefined = '';
      while (more !== undefined) {
        const query: Record<string, string> = {
          'list-type': '2',
          prefix: start,
          delimiter: '/',
          ...(more && { 'continuation-token': more }),
        };
        const answer = await (await send({ method: 'GET', query })).text();
        found.push(...textsIn(answer, 'Key').map((key) => key.slice(start.length)));
        more = textsIn(answer, 'NextContinuationToken')[0];
      }
      return found;
    },
    async *read(object) {
      const { body } = await send({ method: 'GET', key: keyOf(object) });
      try {
        if (body !== null) for await (const chunk of body) yield chunk;
      } catch (error) {
        throw new StorageError(`${name} broke off in the middle of ${object}: ${reasonOf(error)}.`);
      }
    },
    async write(object, chunks) {
      const key = keyOf(object);
      const parts = inPieces(chunks, partBytes);
      const { value: first = Buffer.alloc(0) } = await parts.next();
      // A short part is the last: the source has ended well by then, and one request writes all of it or nothing.
      if (first.length < partBytes) await send({ method: 'PUT', key, body: first });
      else await writeInParts(key, beginningWith(first, parts));
    },
    async remove(object) {
      await send({ method: 'DELETE', key: keyOf(object) });
    },
  };
}
