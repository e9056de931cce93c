import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Requests that change nothing, so that several of a connection can be worked on at the same time. */
const safeMethods: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS']);

const isSafe = ({ method }: IncomingMessage) => safeMethods.has(method);

/** Milliseconds that a client has to read the last answer, while what it still sends is thrown away. */
const lingerMs = 1000;

/**
 * The state of a connection beside its parser. Answers go out in the order of their requests, and a request
 * is carried out only when nothing before it can still end the connection: else it would be carried out and
 * never answered. Requests that are safe may overlap (RFC 9112, section 9.3.2).
 */
export class Connection {
  /** Nothing more is read from it as a request. */
  isOver = false;
  readonly #socket: Duplex;
  #last: ServerResponse | undefined;
  /** Whether the last request is not carried out yet. */
  #lastWaits = false;
  #requests = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** The answer to the last request, unless it is out. */
  get pending(): ServerResponse | undefined {
    return this.#last?.closed ? undefined : this.#last;
  }

  get last(): ServerResponse | undefined {
    return this.#last;
  }

  /**
   * Has a request carried out in its turn, or never, when the connection ends before.
   * @param begin is given how many requests came on this connection, this one included
   */
  take(request: IncomingMessage, response: ServerResponse, begin: (ordinal: number) => void): void {
    // Ended already, though bytes still come.
    if (!this.#socket.writable) return;
    this.#requests += 1;
    const ordinal = this.#requests;
    const { pending } = this;
    const overlaps = pending !== undefined && (this.#lastWaits || !isSafe(request) || !isSafe(pending.req));
    this.#last = response;
    this.#lastWaits = overlaps;
    if (!overlaps) {
      begin(ordinal);
      return;
    }
    pending.once('close', () => {
      if (this.#last === response) this.#lastWaits = false;
      if (this.#socket.writable) begin(ordinal);
    });
  }

  /** Calls when every answer so far is out, if the connection is still there then. */
  whenAnswered(then: () => void): void {
    const proceed = () => {
      if (this.#socket.writable) then();
    };
    const { pending } = this;
    if (pending === undefined) proceed();
    else pending.once('close', proceed);
  }

  /**
   * Sends the last bytes, and closes. What the client still sends is read and thrown away for a second: the system
   * would answer it by a reset, which can take from the client what it has not read yet.
   */
  end(bytes = ''): void {
    this.isOver = true;
    const socket = this.#socket;
    socket.once('finish', () => setTimeout(() => socket.destroy(), lingerMs).unref());
    socket.end(bytes);
  }
}

const connections = new WeakMap<Duplex, Connection>();

/** The state of a socket's connection. */
export function connectionOf(socket: Duplex): Connection {
  const known = connections.get(socket);
  if (known !== undefined) return known;
  const connection = new Connection(socket);
  connections.set(socket, connection);
  return connection;
}
