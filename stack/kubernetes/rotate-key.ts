/** `node stack/kubernetes/rotate-key.ts add|sign|drop`: a key set (JWT_KEYS) on stdin, the one after that step on stdout. */
import { text } from 'node:stream/consumers';
import { type SigningKey, signingKeySet } from '@sightline/app/src/sessions/key-set.ts';
import { rotated, type Step, steps } from './key-rotation.ts';

/** Throws a sentence, which never holds what was read. */
function readKeys(given: string): readonly SigningKey[] {
  try {
    return signingKeySet.parse(JSON.parse(given));
  } catch {
    throw new Error('stdin is no key set: {"keys":[…]} as JWT_KEYS takes it (docs/configuration.md).');
  }
}

try {
  const [, , step = ''] = process.argv;
  if (!Object.hasOwn(steps, step)) {
    const known = Object.entries(steps).map(([name, { does }]) => `  ${name}: ${does}`);
    throw new Error(`"${step}" is no step. The steps, in this order:\n${known.join('\n')}`);
  }
  if (process.stdout.isTTY)
    throw new Error(
      'What this prints is secret, so not to a terminal: docs/rotate-signing-key.md has the pipe.',
    );
  const keys = rotated(readKeys(await text(process.stdin)), step as Step);
  process.stdout.write(`${JSON.stringify({ keys })}\n`);
  console.error(`${steps[step as Step].does}: ${keys.map(({ kid }) => kid).join(', ')}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
