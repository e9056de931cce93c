/** `node terraform/generate.ts [--check]`: the tables of inputs and outputs in README.md. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from '@sightline/tools/generated-files.ts';
import { readFolders } from './hcl.ts';
import { withReference } from './reference.ts';
import { terraformFolder } from './terraform.ts';

await generate({
  'terraform/README.md': async () =>
    withReference(await readFile(join(terraformFolder, 'README.md'), 'utf8'), readFolders(terraformFolder)),
});
