import { apiRoutes } from '../app.ts';
import { readConfig } from '../config.ts';
import { openDatabase } from '../database/connection.ts';
import { createHealth } from '../health/health.ts';
import { createAccessTokens, generateSigningKey } from '../sessions/access-tokens.ts';
import { createTelemetry } from '../telemetry/telemetry.ts';
import { buildDocument, type OpenApiDocument } from './document.ts';

/**
 * The OpenAPI document without a running service, as generated files and tests need it. The routes are the real
 * ones on default settings; since none is called, nothing connects to the database named here.
 */
export async function describeApi(): Promise<OpenApiDocument> {
  const config = readConfig({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', LOG_LEVEL: 'silent' });
  const { log, metrics } = createTelemetry(config);
  const knex = openDatabase(config, log);
  try {
    const tokens = await createAccessTokens([generateSigningKey()], config);
    const database = { up: false, migrated: false, detail: '', since: '' };
    const health = createHealth({ draining: false }, database);
    return buildDocument(apiRoutes({ config, metrics, knex, tokens, health }));
  } finally {
    await knex.destroy();
  }
}
