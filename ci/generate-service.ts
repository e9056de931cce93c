import { configurationPage } from '@sightline/app/src/config.ts';
import { describeApi } from '@sightline/app/src/openapi/describe.ts';
import {
  elasticsearchMappings,
  kibanaFieldFormats,
  signalsLibsonnet,
} from '@sightline/contract/signal-files.ts';
import { generate } from '@sightline/tools/generated-files.ts';
import { roomsPage } from './rooms.ts';

/**
 * The files that are generated from the service, its contract and the rooms of this checkout: the path, and
 * what makes the text.
 */
const generated: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/configuration.md': configurationPage,
  'alerts/generated/signals.libsonnet': signalsLibsonnet,
  'logging/elasticsearch/component-template-mappings.json': elasticsearchMappings,
  'logging/kibana/field-formats.json': kibanaFieldFormats,
  'docs/rooms.md': roomsPage,
  'docs/openapi.json': async () => `${JSON.stringify(await describeApi(), null, 2)}\n`,
};

// `node ci/generate-service.ts` writes the files; with `--check` it only says which are stale, and fails on one.
await generate(generated);
