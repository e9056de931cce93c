/**
 * `node logging/elasticsearch/set-up.ts` prepares an Elasticsearch that has security: the templates, and in the folder
 * LOG_CREDENTIALS_DIRECTORY what Logstash (`logstash-api-key`) and Kibana (`kibana-token`) log in with. What is there and still valid stays; to repeat it changes nothing. Its settings are in the README.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endWhenInterrupted } from '@sightline/settings/interrupt.ts';
import { applyTemplates } from './apply.ts';
import { ask, type Connection, connect, readRetention } from './connection.ts';
import { kibanaToken, logstashApiKey } from './credentials.ts';

/** It answers before it can be searched. */
const readySeconds = 180;

type Environment = Readonly<Record<string, string | undefined>>;

function given(environment: Environment, setting: string): string {
  const value = environment[setting];
  if (!value) throw new Error(`${setting} is not set; logging/elasticsearch/README.md says what it takes.`);
  return value;
}

async function untilReady(connection: Connection): Promise<void> {
  const end = performance.now() + readySeconds * 1000;
  for (;;) {
    const path = '/_cluster/health?wait_for_status=yellow&timeout=5s';
    const reason = await ask<{ timed_out?: boolean }>(connection, 'GET', path).then(
      ({ body }) => (body.timed_out === false ? undefined : 'its shards are not ready'),
      (error: Error) => error.message,
    );
    if (reason === undefined) return;
    if (performance.now() > end)
      throw new Error(`Elasticsearch was not ready within ${readySeconds} s: ${reason}`);
    await pause(1000);
  }
}

/** Whether Elasticsearch knows who this is. */
async function isValid(url: string, authorization: string, environment: Environment): Promise<boolean> {
  const { client } = connect({
    ELASTICSEARCH_URL: url,
    ELASTICSEARCH_CA_FILE: environment['ELASTICSEARCH_CA_FILE'],
  });
  const answer = await client.transport.request(
    { method: 'GET', path: '/_security/_authenticate' },
    { meta: true, ignore: [401, 403], headers: { authorization } },
  );
  return answer.statusCode === 200;
}

interface Credential {
  /** How its text is told to Elasticsearch. */
  readonly header: (text: string) => string;
  readonly make: (connection: Connection) => Promise<string>;
}

/** Each file of the folder. */
const credentials: Readonly<Record<string, Credential>> = {
  'logstash-api-key': {
    header: (text) => `ApiKey ${Buffer.from(text).toString('base64')}`,
    make: logstashApiKey,
  },
  'kibana-token': { header: (text) => `Bearer ${text}`, make: kibanaToken },
};

/** Those that LOG_CREDENTIALS names; `none` for an Elasticsearch that has no index to keep them in. */
function wanted(environment: Environment): readonly (readonly [string, Credential])[] {
  const text = environment['LOG_CREDENTIALS'] || Object.keys(credentials).join(',');
  return (text === 'none' ? [] : text.split(',')).map((name) => {
    const credential = credentials[name];
    if (credential === undefined)
      throw new Error(
        `LOG_CREDENTIALS names "${name}"; it takes ${Object.keys(credentials).join(', ')}, or none.`,
      );
    return [name, credential] as const;
  });
}

async function setUp(environment: Environment, say: (line: string) => void): Promise<void> {
  const folder = given(environment, 'LOG_CREDENTIALS_DIRECTORY');
  const files = wanted(environment);
  const retention = readRetention(environment);
  const connection = connect(environment);
  await untilReady(connection);
  await applyTemplates(connection, { retention, say });
  for (const [name, { header, make }] of files) {
    const file = join(folder, name);
    const isKept =
      existsSync(file) && (await isValid(connection.url, header(readFileSync(file, 'utf8')), environment));
    if (!isKept) {
      // Read by programs that run as other users; the folder is mounted for them alone.
      writeFileSync(`${file}.new`, await make(connection), { mode: 0o444 });
      renameSync(`${file}.new`, file);
    }
    say(`${name}: ${isKept ? 'as it was' : 'made'}`);
  }
}

endWhenInterrupted('What is said above was done, the rest was not: start it again.');
try {
  await setUp(process.env, console.log);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
