import { generate } from '@sightline/tools/generated-files.ts';
import { savedObjectsFile } from './kibana/saved-objects.ts';

// `node logging/generate.ts` writes the file; with `--check` it only says whether it is stale.
await generate({ 'logging/kibana/saved-objects.ndjson': savedObjectsFile });
