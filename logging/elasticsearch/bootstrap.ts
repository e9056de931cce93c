/** `node logging/elasticsearch/bootstrap.ts` prepares Elasticsearch for the logs; see the README for its settings. */
import { applyTemplates } from './apply.ts';
import { connect, defaultRetention } from './connection.ts';

const retention = process.env['LOG_RETENTION'] || defaultRetention;
try {
  if (!/^[1-9]\d*[dhm]$/.test(retention))
    throw new Error(
      `LOG_RETENTION is "${retention}"; it takes days, hours or minutes, as in 30d, 12h or 90m.`,
    );
  await applyTemplates(connect(process.env), { retention, say: console.log });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
