/** The output that `kubectl apply -f -` takes. */

/**
 * Prints objects for a pipe.
 * @throws Error when it would be a terminal, whose history everybody behind you can read
 */
export function print(objects: readonly object[], command: string): void {
  if (process.stdout.isTTY)
    throw new Error(`What this prints is secret, so not to a terminal: node ${command} | kubectl apply -f -`);
  console.log(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
}
