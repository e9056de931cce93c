/** Elasticsearch runs on a JDK that it does not bring. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The oldest that Elasticsearch 9 runs on. */
export const oldestJava = 21;

/** The folder of a JDK of at least this version: that of JAVA_HOME, of the PATH, or where systems keep them. */
export function findJdk(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  return homes(environment).find((home) => isJdk(home) && versionOf(home) >= oldestJava);
}

function homes(environment: NodeJS.ProcessEnv): string[] {
  const onThePath = (environment['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'java'))
    .filter((file) => existsSync(file))
    .map((file) => dirname(dirname(realpathSync(file))));
  const system = ['/usr/lib/jvm', '/opt/java', '/Library/Java/JavaVirtualMachines']
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .flatMap((home) => [home, join(home, 'Contents/Home')]);
  return [environment['JAVA_HOME'] ?? '', ...onThePath, ...system].filter((home) => home !== '');
}

/** `jar` unpacks Elasticsearch; a runtime alone lacks it. */
const isJdk = (home: string) =>
  ['java', 'jar'].every((program) => existsSync(join(home, 'bin', program))) &&
  existsSync(join(home, 'release'));

/**
 * Major version of a JDK, read from the file that every JDK has, since to start a Java machine takes long. 0
 * when it doesn't say.
 */
function versionOf(home: string): number {
  const release = readFileSync(join(home, 'release'), 'utf8');
  return Number(/^JAVA_VERSION="(\d+)/m.exec(release)?.[1] ?? 0);
}
