/** One Elasticsearch on loopback, without security, of the distribution that logging/elasticsearch fetches. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Launch } from '../launch.ts';
import type { Readiness } from '../readiness.ts';
import { giveTo, type Identity, unprivilegedIdentity } from '../unprivileged.ts';
import { elasticsearchFolder, elasticsearchHome, type Wish } from './distribution.ts';
import { findJdk } from './java.ts';

export interface ElasticsearchServer {
  /** Its configuration, data and temporary files; its parent exists. */
  directory: string;
  port: number;
  /** Its data needn't outlive it, and a disk that is nearly full doesn't stop it. */
  throwaway?: boolean;
}

export const elasticsearchUrl = ({ port }: Pick<ElasticsearchServer, 'port'>) => `http://127.0.0.1:${port}`;

/**
 * Fetches Elasticsearch unless it is there, and writes the configuration. Safe to repeat and to interrupt.
 * Throws an error that says what to do: no JDK, no Maven, no network, no user to run it as.
 */
export async function prepareElasticsearch(server: ElasticsearchServer, wish: Wish = {}): Promise<void> {
  const home = await elasticsearchHome(wish);
  const { configuration, data, temporary } = foldersOf(server);
  for (const folder of [data, temporary]) mkdirSync(folder, { recursive: true });
  cpSync(join(home, 'config'), configuration, { recursive: true });
  for (const [file, text] of Object.entries(configurationFiles(server)))
    writeFileSync(join(configuration, file), text);
  giveTo(identityOf(server), server.directory);
}

/** How to start the prepared server: in the foreground, log on stdout; SIGTERM stops it. */
export function elasticsearchLaunch(server: ElasticsearchServer): Launch {
  const { configuration, temporary } = foldersOf(server);
  return identityOf(server).wrap({
    command: join(elasticsearchFolder(), 'bin/elasticsearch'),
    args: [],
    env: { ES_JAVA_HOME: jdk(), ES_PATH_CONF: configuration, ES_TMPDIR: temporary },
    cwd: '/',
  });
}

/** When it can be asked; it listens earlier. */
export function elasticsearchReady(server: ElasticsearchServer): Readiness {
  return { http: `${elasticsearchUrl(server)}/_cluster/health?wait_for_status=yellow&timeout=1s` };
}

function foldersOf({ directory }: ElasticsearchServer) {
  return {
    configuration: join(directory, 'config'),
    data: join(directory, 'data'),
    temporary: join(directory, 'tmp'),
  };
}

function jdk(): string {
  const found = findJdk();
  if (found === undefined) throw new Error('The JDK that Elasticsearch needs has gone.');
  return found;
}

function identityOf(server: ElasticsearchServer): Identity {
  return unprivilegedIdentity(join(jdk(), 'bin/java'), server.directory, [elasticsearchFolder()]);
}

function configurationFiles(server: ElasticsearchServer): Readonly<Record<string, string>> {
  const { data } = foldersOf(server);
  const settings = {
    'cluster.name': 'sightline',
    'node.name': 'native',
    'path.data': data,
    'path.logs': data,
    'network.host': '127.0.0.1',
    'http.port': server.port,
    // Of one node nobody needs it, so any free port will do.
    'transport.port': 0,
    'discovery.type': 'single-node',
    'xpack.security.enabled': false,
    // A line that comes before the index template must not make an index without it.
    'action.auto_create_index': false,
    ...(server.throwaway ? { 'cluster.routing.allocation.disk.threshold_enabled': false } : {}),
  };
  return {
    // JSON is YAML too.
    'elasticsearch.yml': `${JSON.stringify(settings, null, 2)}\n`,
    'jvm.options.d/sightline.options':
      '-Xms512m\n-Xmx512m\n-Xlog:disable\n-Xlog:all=warning:stderr:utctime,level,tags\n',
    // One log on stdout instead of seven files.
    'log4j2.properties': `status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss,SSSXXX} %-5p %c{1.} %marker%m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`,
  };
}
