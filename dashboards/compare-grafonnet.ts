/**
 * `node dashboards/compare-grafonnet.ts VENDOR`: are the dashboards the same when grafonnet itself makes them? VENDOR is
 * the folder that `jb install` in dashboards/ wrote, from the root of the checkout.
 */
import { isDeepStrictEqual } from 'node:util';
import { JsonnetError } from '@sightline/alerts/jsonnet.ts';
import { dashboards } from './dashboards.ts';

/** Members in which grafonnet writes its own version, and which Grafana brings up to date when it loads a dashboard. */
const ofVersions = ['pluginVersion', 'schemaVersion'];

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Where two values differ, as paths. */
function differences(one: unknown, other: unknown, path: string): readonly string[] {
  if (isDeepStrictEqual(one, other)) return [];
  if (!isObject(one) || !isObject(other))
    return [`${path}: ${JSON.stringify(one)}, of grafonnet ${JSON.stringify(other)}`];
  const entries = (value: object) => new Map(Object.entries(value));
  const [ours, theirs] = [entries(one), entries(other)];
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .filter((key) => !ofVersions.includes(key))
    .flatMap((key) => differences(ours.get(key), theirs.get(key), `${path}.${key}`));
}

const [vendor] = process.argv.slice(2);
if (vendor === undefined) {
  console.error('Which folder holds grafonnet? Run jb install in dashboards/, then give dashboards/vendor.');
  process.exit(1);
}
try {
  const theirs = await dashboards('{}', ['dashboards/lib/grafonnet/upstream', vendor]);
  const found = Object.entries(await dashboards()).flatMap(([file, dashboard]) =>
    differences(dashboard, theirs[file], file.replace('.json', '')),
  );
  for (const difference of found) console.error(difference);
  if (found.length === 0)
    console.log(`${Object.keys(theirs).length} dashboards are the same with grafonnet.`);
  else process.exitCode = 1;
} catch (error) {
  if (!(error instanceof JsonnetError)) throw error;
  console.error(`Grafonnet makes no dashboards: ${error.message}`);
  process.exitCode = 1;
}
