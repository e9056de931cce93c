/** The rules for the content of the service's image. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@sightline/settings/checkout.ts';

/** Bytes that our layers may add to the base. */
export const maxBytes = 80e6;

const sources =
  /^(package\.json|app|app\/(package\.json|src(\/.*)?)|monitoring|monitoring\/webhook(\/.*)?|packages|packages\/(contract|settings|telemetry)(\/.*)?|node_modules(\/.*)?)$/;
const secretOrTest = /(^|\/)tests?(\/|$)|\.test\.ts$|\.env$|\.pem$|\.key$|jwt-keys/;

/** `node_modules/a/node_modules/b` of a path below it; undefined for other paths. */
const packageOf = (path: string) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/@.][^/]*/.exec(path)?.[0];

/**
 * Sentences about what should not be there.
 * @param paths of files and folders, from the folder of the service
 */
export function unwantedIn(paths: readonly string[]): readonly string[] {
  const lock = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
    packages: Readonly<Record<string, { dev?: true; peer?: true }>>;
  };
  const packages = new Set(paths.flatMap((path) => packageOf(path) ?? []));
  return [
    ...paths
      .filter((path) => !sources.test(path) || (!path.startsWith('node_modules/') && secretOrTest.test(path)))
      .map((path) => `${path} is not of the service.`),
    ...[...packages]
      .filter(
        (each) => lock.packages[each]?.dev === true || /node_modules\/(node-(bin|linux)|npm$)/.test(each),
      )
      .map((each) => `${each} is not for production.`),
  ];
}
