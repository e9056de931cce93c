import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readServices } from '@sightline/stack/compose/file.ts';
import { runnable, writeOverride } from '../docker/local.ts';

test('an image that is made for the compose stack never has the name of the published one', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-override-'));
  try {
    const { services, skipped } = runnable(readServices());
    expect(skipped.toSorted()).toEqual([
      'filebeat',
      'grafana',
      'jaeger',
      'kibana',
      'kibana-import',
      'logstash',
    ]);
    const override: { services: Record<string, { image: string }> } = JSON.parse(
      readFileSync(writeOverride(folder, services), 'utf8'),
    );
    const images = Object.entries(override.services).map(([name, { image }]) => ({ name, image }));
    expect(images).toEqual(
      expect.arrayContaining(services.map(({ name }) => expect.objectContaining({ name }))),
    );
    expect(images.filter(({ image }) => !image.startsWith('sightline/'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
