import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { undocumentedVariables } from './support/variables.ts';

const read = (path: string) => readFileSync(resolve(import.meta.dirname, '../filebeat', path), 'utf8');
const files = ['filebeat.docker.yml', 'filebeat.kubernetes.yml'] as const;

interface Configuration {
  readonly 'filebeat.autodiscover.providers': readonly Readonly<Record<string, unknown>>[];
  readonly 'output.logstash': Readonly<Record<string, unknown>>;
}
const configuration = (file: string) => parse(read(file)) as Configuration;

describe.each(files)('%s', (file) => {
  const whole = configuration(file);
  const [provider, ...others] = whole['filebeat.autodiscover.providers'];

  test('reads only what asks for it', () => {
    expect(others).toEqual([]);
    expect(provider).toMatchObject({ 'hints.enabled': true, 'hints.default_config': { enabled: false } });
  });

  test('hands a line on as it was printed, since what it says may be anything', () => {
    expect(provider?.['hints.default_config']).toMatchObject({
      type: 'filestream',
      parsers: [{ container: null }],
    });
  });

  test('reads short files from their first line on, and rotated ones to their last', () => {
    expect(provider?.['hints.default_config']).toMatchObject({
      'file_identity.native': null,
      'prospector.scanner.fingerprint.enabled': false,
      'close.on_state_change.removed': false,
    });
  });

  test('remembers how far it read what is gone, longer than it looks at it, and not for ever', () => {
    const {
      clean_removed: forgets,
      ignore_older: looks,
      clean_inactive: remembers,
    } = { ...(provider?.['hints.default_config'] as Record<string, unknown>) };
    expect(forgets).toBe(false);
    const hours = (text: unknown) => Number(/^(\d+)h$/.exec(String(text))?.[1]);
    expect(hours(looks)).toBeGreaterThanOrEqual(24);
    expect(hours(remembers)).toBeGreaterThan(hours(looks));
  });

  test('speaks TLS with Logstash, with a certificate of its own', () => {
    expect(Object.keys(whole['output.logstash'])).toEqual([
      'hosts',
      'ssl.certificate_authorities',
      'ssl.certificate',
      'ssl.key',
    ]);
  });
});

test('the two differ only in where the containers are', () => {
  const common = (file: string) => {
    const { 'filebeat.autodiscover.providers': providers, ...rest } = configuration(file);
    const input = Object.entries(providers[0]?.['hints.default_config'] ?? {}).filter(
      ([name]) => !['id', 'paths', 'prospector.scanner.symlinks'].includes(name),
    );
    return { ...rest, input };
  };
  expect(common(files[0])).toEqual(common(files[1]));
});

test('every variable is in the README', () => {
  expect(undocumentedVariables(files.map(read), read('README.md'))).toEqual([]);
});
