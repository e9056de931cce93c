/** `make screenshots`: the README's pictures, from the running stack and the report of its last `make verify`. */
import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkout } from '@sightline/settings/checkout.ts';
import { addressOfStack } from '@sightline/stack/native/addresses.ts';
import { table } from '@sightline/stack/native/components.ts';
import { readSettings } from '@sightline/stack/native/settings.ts';
import { startChromium } from './chromium.ts';
import { type Picture, screens, takePicture } from './pictures.ts';

/** A README's pictures are read on every visit. */
const maxBytes = 250_000;
/** A size at which dashboards are read well in a README. */
const readme = { width: 1440, height: 900 } as const;

async function main(environment: NodeJS.ProcessEnv): Promise<void> {
  const settings = readSettings(table.components, environment);
  const page = addressOfStack(settings, 'page', 'PAGE_PORT');
  if (page === undefined)
    throw new Error(
      'The preview does not run here. Start a stack (make up), give it some traffic (make verify), and come again.',
    );
  const folder = join(settings.stackDirectory, 'report');
  const report = join(folder, 'index.html');
  if (!existsSync(report))
    throw new Error(`${relative(checkout, report)} is not there: make verify writes it.`);
  const time = environment['SINCE'] || '15m';
  const places = [
    ['golden-signals', `${page}/d/golden-signals?from=now-${time}&to=now&refresh=off`],
    ['report', pathToFileURL(report).href],
  ] as const;
  const pictures: readonly Picture[] = places.flatMap(([name, address]) => [
    ...screens.map((screen) => ({ ...screen, address, file: join(folder, `${name}-${screen.width}.png`) })),
    { ...readme, address, file: join(checkout, 'docs/pictures', `${name}.png`) },
  ]);
  const browser = await startChromium();
  try {
    for (const picture of pictures) {
      await takePicture(browser, picture);
      console.log(
        `${relative(checkout, picture.file)}  ${Math.round(statSync(picture.file).size / 1024)} kB`,
      );
    }
  } finally {
    await browser.close();
  }
  const large = pictures.filter(
    ({ file, width }) => width === readme.width && statSync(file).size > maxBytes,
  );
  if (large.length > 0)
    throw new Error(
      `Larger than ${maxBytes} bytes: ${large.map(({ file }) => relative(checkout, file)).join(', ')}.`,
    );
}

try {
  await main(process.env);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
