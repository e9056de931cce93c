/** `node stack/kubernetes/secrets.ts | kubectl apply -f -` makes the namespaces of the local overlay, and its Secrets. */
import { join } from 'node:path';
import { render } from '@sightline/kubernetes/render.ts';
import { ensureStackDirectory, pathsIn } from '@sightline/servers/stack-directory.ts';
import { readSettings } from '../native/settings.ts';
import { localSecrets } from './local-secrets.ts';
import { print } from './print.ts';

try {
  const { stackDirectory } = readSettings([], process.env);
  ensureStackDirectory(stackDirectory);
  // First, so that no pod starts before its Secret is there and then waits minutes for the kubelet's next look.
  const namespaces = (await render('local')).filter(({ kind }) => kind === 'Namespace');
  const secrets = await localSecrets(join(pathsIn(stackDirectory).secrets, 'kubernetes'));
  print([...namespaces, ...secrets], 'stack/kubernetes/secrets.ts');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
