/** `node packages/servers/elasticsearch/fetch.ts` fetches Elasticsearch unless it is there, and prints its folder. */
import { elasticsearchHome } from './distribution.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => interrupted.abort(new Error(`Interrupted by ${signal}.`)));

try {
  console.log(await elasticsearchHome({ signal: interrupted.signal }));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
