import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort } from '@sightline/servers/free-port.ts';

/** The treatment of a bulk request; `lost` carries it out and cuts the connection instead. */
export type BulkBehaviour =
  | 'normal'
  | 'lost'
  | 'hang'
  | { readonly status: number }
  | { readonly itemStatus: number; readonly times: number };

interface StoredDocument {
  readonly id: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * The part of Elasticsearch that the shipper uses, for faults that a real one can't be made to show when they
 * are wanted.
 */
export interface FakeElasticsearch {
  readonly url: string;
  /** Every document that was created, in that order; one created twice is here twice. */
  readonly documents: readonly StoredDocument[];
  /** The number of documents of each bulk request. */
  readonly bulks: readonly number[];
  /** How often ids were searched for. */
  readonly searches: () => number;
  /** Sets the treatment of the next bulk requests, one each; afterwards `normal`. */
  behave(...behaviours: BulkBehaviour[]): void;
  /** Begins another backing index: ids that are there don't conflict any more. */
  rollover(): void;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}

/** @param port unset: a free one */
export async function startFakeElasticsearch(port?: number): Promise<FakeElasticsearch> {
  const documents: StoredDocument[] = [];
  const bulks: number[] = [];
  const planned: BulkBehaviour[] = [];
  let writeIndex = new Set<string>();
  let searches = 0;

  function create(id: string, fields: Record<string, unknown>): number {
    if (writeIndex.has(id)) return 409;
    writeIndex.add(id);
    documents.push({ id, fields });
    return 201;
  }

  function answer(response: ServerResponse, status: number, body: unknown): void {
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
      .end(JSON.stringify(body));
  }

  async function bulk(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const rows = (await bodyOf(request)).trimEnd().split('\n');
    bulks.push(rows.length / 2);
    const behaviour = planned.shift() ?? 'normal';
    if (behaviour === 'hang') return;
    if (typeof behaviour === 'object' && 'status' in behaviour)
      return answer(response, behaviour.status, { error: { type: 'planned', reason: 'planned' } });
    let left = typeof behaviour === 'object' ? behaviour.times : 0;
    const items = [];
    for (let row = 0; row < rows.length; row += 2) {
      const { create: action } = JSON.parse(rows[row] ?? '') as { create: { _id: string } };
      if (typeof behaviour === 'object' && left > 0) {
        left -= 1;
        items.push({
          create: { status: behaviour.itemStatus, error: { type: 'planned', reason: 'planned' } },
        });
      } else items.push({ create: { status: create(action._id, JSON.parse(rows[row + 1] ?? '')) } });
    }
    if (behaviour === 'lost') request.socket.destroy();
    else answer(response, 200, { errors: items.some(({ create }) => create.status >= 400), items });
  }

  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    if (path.endsWith('/_bulk')) return bulk(request, response);
    if (path.endsWith('/_refresh')) return answer(response, 200, { _shards: { failed: 0 } });
    if (path.endsWith('/_search')) {
      searches += 1;
      const { query } = JSON.parse(await bodyOf(request)) as { query: { ids: { values: string[] } } };
      const asked = new Set(query.ids.values);
      const hits = documents.filter(({ id }) => asked.has(id)).map(({ id }) => ({ _id: id }));
      return answer(response, 200, { hits: { hits } });
    }
    if (path === '/_cluster/health') return answer(response, 200, { status: 'green' });
    return answer(response, 404, { error: { type: 'planned', reason: `the fake has no ${path}` } });
  });
  // One that comes back does so at the port that it had.
  server.listen(port ?? (await freePort()), '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    documents,
    bulks,
    searches: () => searches,
    behave: (...behaviours) => planned.push(...behaviours),
    rollover() {
      writeIndex = new Set();
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => {});
    },
  };
}
