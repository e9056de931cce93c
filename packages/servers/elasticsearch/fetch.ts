/** `node packages/servers/elasticsearch/fetch.ts` fetches Elasticsearch unless it is there, and prints its folder. */
import { Interrupted, onInterrupt } from '@sightline/settings/interrupt.ts';
import { elasticsearchHome } from './distribution.ts';

const interrupted = new AbortController();
onInterrupt((signal) => interrupted.abort(new Interrupted(signal)));

try {
  console.log(await elasticsearchHome({ signal: interrupted.signal }));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
