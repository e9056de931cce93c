import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Longer than anything that is waited for by kubectl itself. */
const longestMs = 240_000;

/**
 * Runs kubectl on the cluster of KUBECONFIG and returns what it prints.
 * @param input for its stdin: what is secret goes there, never on the command line
 * @throws Error with what it said, which never holds its input
 */
export async function kubectl(args: readonly string[], input?: object): Promise<string> {
  const running = run('kubectl', args, { timeout: longestMs, maxBuffer: 64 * 1024 * 1024 });
  // One that ends before it read everything says why on stderr.
  running.child.stdin?.on('error', () => {});
  running.child.stdin?.end(input === undefined ? '' : JSON.stringify(input));
  try {
    return (await running).stdout;
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    throw new Error(`kubectl ${args.slice(0, 4).join(' ')}: ${stderr.trim() || message}`);
  }
}

/** Gets the API server's answer at a path, as JSON. */
export async function get<Body>(path: string): Promise<Body> {
  return JSON.parse(await kubectl(['get', '--raw', path])) as Body;
}

/** Creates or changes objects, and forgets nothing of what they were before: the last `apply` of each wins. */
export async function apply(objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await kubectl(
    ['apply', '--server-side', '--force-conflicts', '--field-manager=test-cluster', '-f', '-'],
    list,
  );
}
