import type { IncomingMessage } from 'node:http';
import { mediaTypeOf } from '@sightline/telemetry/own-server/header-values.ts';
import { Refusal } from './refusal.ts';

/** A page of twenty panels asks in a tenth of it. */
const maxBytes = 512 * 1024;

/** The JSON that a request carries. Throws a Refusal: 415, 413 or 400. */
export async function jsonOf(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (mediaTypeOf(type)?.type !== 'application/json')
    throw new Refusal(415, `Send application/json; this is ${type === '' ? 'of no type' : type}.`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // What is too long is read to its end and dropped: who still writes would not see the answer.
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes)
    throw new Refusal(413, `The body is longer than ${maxBytes} bytes: ask for less at once.`);
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    throw new Refusal(400, 'The body is no JSON.');
  }
}
