import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { findJdk } from '../elasticsearch/java.ts';

const top = mkdtempSync(join(tmpdir(), 'sightline-java-test-'));
afterAll(() => rmSync(top, { recursive: true }));

/** A folder as a JDK of this version has it, as far as it is looked at. */
function jdk(name: string, version: string, programs: readonly string[] = ['java', 'jar']): string {
  const home = join(top, name);
  mkdirSync(join(home, 'bin'), { recursive: true });
  for (const program of programs) writeFileSync(join(home, 'bin', program), '');
  writeFileSync(join(home, 'release'), `IMPLEMENTOR="Nobody"\nJAVA_VERSION="${version}"\n`);
  return home;
}

const old = jdk('old', '17.0.13');
const fitting = jdk('fitting', '21.0.1');
const newer = jdk('newer', '25');
const runtime = jdk('runtime', '25.0.1', ['java']);

test.each([
  ['JAVA_HOME is first', { JAVA_HOME: fitting, PATH: join(newer, 'bin') }, fitting],
  ['one that is too old is passed over', { JAVA_HOME: old, PATH: join(newer, 'bin') }, newer],
  ['a runtime without jar is passed over', { JAVA_HOME: runtime, PATH: join(fitting, 'bin') }, fitting],
  [
    'folders of the PATH count in order',
    { PATH: ['old', 'newer', 'fitting'].map((name) => join(top, name, 'bin')).join(':') },
    newer,
  ],
] as const)('%s', (_, environment, home) => {
  expect(findJdk(environment)).toBe(home);
});
