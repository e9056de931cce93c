import { once } from 'node:events';
import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Values by names in lower case; of one that came twice the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One chunk after another, until that of no length. */
function unchunked(text: string): { body: string; rest: string } {
  let body = '';
  let rest = text;
  for (;;) {
    const [line = '', length = ''] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? [];
    const size = Number.parseInt(length, 16);
    if (!(size > 0)) return { body, rest: rest.slice(line.length + 2) };
    body += rest.slice(line.length, line.length + size);
    rest = rest.slice(line.length + size + 2);
  }
}

/** The answers in what a connection received, in latin1. Throws on bytes that are no answer. */
export function answersIn(text: string, methods: readonly string[] = []): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    const [line = '', ...fields] = rest.slice(0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
    if (end < 0 || Number.isNaN(status)) throw new Error(`No answer: ${JSON.stringify(rest.slice(0, 200))}`);
    const headers = Object.fromEntries(
      fields.map((field) => {
        const at = field.indexOf(':');
        return [field.slice(0, at).toLowerCase(), field.slice(at + 1).trim()];
      }),
    );
    rest = rest.slice(end + 4);
    let body = '';
    const empty = status < 200 || status === 204 || status === 304 || methods[answers.length] === 'HEAD';
    if (!empty && headers['transfer-encoding'] === 'chunked') ({ body, rest } = unchunked(rest));
    else if (!empty) {
      const length = Number(headers['content-length'] ?? rest.length);
      body = rest.slice(0, length);
      rest = rest.slice(length);
    }
    answers.push({ status, headers, body });
  }
  return answers;
}

/** Sends bytes on a connection of their own, and gives all that comes back until the server closes it. */
export async function exchangeRaw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  let received = '';
  socket.setEncoding('latin1').on('data', (text) => {
    received += text;
  });
  // A reset is an end as well: the server need not read what it has refused.
  socket.on('error', () => {});
  socket.once('end', () => socket.end());
  const closed = once(socket, 'close');
  socket.write(bytes);
  await closed;
  return received;
}
