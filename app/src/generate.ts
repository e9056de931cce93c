import { generate } from '../../tools/generated-files.ts';
import { configurationPage } from './config.ts';
import { describeApi } from './openapi/describe.ts';
import {
  elasticsearchMappings,
  kibanaFieldFormats,
  signalsLibsonnet,
  signalsPage,
} from './telemetry/signal-files.ts';

/** Every file that is generated from the service, by its path, and what makes its text. */
const generated: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/configuration.md': configurationPage,
  'alerts/generated/signals.libsonnet': signalsLibsonnet,
  'docs/signals.md': signalsPage,
  'logging/elasticsearch/component-template-mappings.json': elasticsearchMappings,
  'logging/kibana/field-formats.json': kibanaFieldFormats,
  'docs/openapi.json': async () => `${JSON.stringify(await describeApi(), null, 2)}\n`,
};

// `node app/src/generate.ts` writes the files; with `--check` it only says which are stale, and fails on one.
await generate(generated);
