/** `node logging/elasticsearch/bootstrap.ts` prepares Elasticsearch for the logs; see the README for its settings. */
import { applyTemplates } from './apply.ts';
import { connect, readRetention } from './connection.ts';

try {
  const retention = readRetention(process.env);
  await applyTemplates(connect(process.env), { retention, say: console.log });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
