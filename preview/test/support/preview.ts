import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dashboardFiles } from '../../record.ts';
import { buildPage, type PageDependencies } from '../../server/app.ts';

export interface Preview {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** An address of this machine where nobody listens. */
export const nobody = 'http://127.0.0.1:9';

/** The preview's server on a port of its own; upstreams that a test does not name are away. */
export async function startPreview(dependencies: Partial<PageDependencies>): Promise<Preview> {
  const app = buildPage({
    prometheusUrl: nobody,
    alertmanagerUrl: nobody,
    elasticsearchUrl: nobody,
    scrapeMs: 15_000,
    timeoutMs: 20_000,
    dashboards: dashboardFiles(),
    bundle: { script: 'script', style: 'style' },
    ...dependencies,
  });
  const server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
