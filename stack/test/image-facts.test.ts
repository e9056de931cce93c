/**
 * stack/compose.yaml and the manifests of Kubernetes against what is known of the images that they run (images.yaml). The second
 * table puts each fault back that such a rule was made for.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  type Container,
  type KubernetesObject,
  type PodSpec,
  podOf,
  workloads,
} from '@sightline/kubernetes/objects.ts';
import { checkout } from '@sightline/settings/checkout.ts';
import { type ImageFacts, outdatedFacts, readImageFacts, readImages } from '@sightline/tools/images.ts';
import { parseAllDocuments } from 'yaml';
import { type RawService, readRawFile } from '../compose/file.ts';

/** A container of either, as far as the rules look at it. */
interface Run {
  /** `compose: redis`, `kubernetes: redis`. */
  readonly where: string;
  readonly image: string;
  readonly isTool: boolean;
  readonly user: number | undefined;
  /** MiB. */
  readonly limit: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Its own entrypoint, undefined for the image's; and everything that it is started with. */
  readonly entrypoint: string | undefined;
  readonly words: readonly string[];
  /** Where it can write. */
  readonly writable: readonly string[];
}

type Files = Readonly<Record<string, string>>;

const images = readImages();
const known = readImageFacts();
const read = (path: string) => readFileSync(join(checkout, path), 'utf8');

const components = readdirSync(join(checkout, 'kubernetes/components'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => `kubernetes/components/${file}`);
const files: Files = Object.fromEntries(
  [
    ...components,
    'kubernetes/components/logs/elasticsearch.yml',
    'stack/compose.yaml',
    'stack/compose/elasticsearch.yml',
    'stack/compose/haproxy.cfg',
    'logging/filebeat/filebeat.docker.yml',
    'logging/filebeat/filebeat.kubernetes.yml',
    'images.env',
  ].map((file) => [file, read(file)]),
);

/** `96m`, `1g`, `96Mi`, `1Gi` in MiB. */
function mebibytes(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([mMgG])i?$/.exec(text) ?? [];
  if (number === '') throw new Error(`${text} is no amount of memory that this reads.`);
  return Number(number) * (unit.toLowerCase() === 'g' ? 1024 : 1);
}

const targetOf = (mount: string) => mount.split(':').at(mount.includes(':/') ? 1 : 0) ?? '';

function composeRun([name, service]: [string, RawService]): Run {
  const { entrypoint, command = [], tmpfs = [], volumes = [], environment = {}, user } = service;
  const bound = volumes.filter((volume) => typeof volume === 'string' || !('read_only' in volume));
  return {
    where: `compose: ${name}`,
    image: /\$\{(\w+):\?\}/.exec(service.image)?.[1] ?? 'own',
    isTool: service['x-task'] === true,
    user: user === undefined ? undefined : Number(user.split(':')[0]),
    limit: mebibytes(service.mem_limit),
    environment,
    entrypoint: entrypoint?.[0],
    words: [...(entrypoint ?? []), ...command],
    writable: [
      ...(tmpfs as readonly string[]).map((mount) => mount.split(':')[0] ?? ''),
      ...bound.map((volume) => (typeof volume === 'string' ? targetOf(volume) : volume.target)),
    ],
  };
}

function containerRun(pod: PodSpec, isTool: boolean) {
  return (container: Container): Run => ({
    where: `kubernetes: ${container.name}`,
    image:
      Object.entries(images).find(
        ([, { registry, repository }]) => container.image === `${registry}/${repository}`,
      )?.[0] ?? 'own',
    isTool,
    user: pod.securityContext?.runAsUser,
    limit: mebibytes(container.resources?.limits?.['memory'] ?? '0Mi'),
    environment: Object.fromEntries((container.env ?? []).map(({ name, value = '' }) => [name, value])),
    entrypoint: container.command?.[0],
    words: [...(container.command ?? []), ...(container.args ?? [])],
    writable: (container.volumeMounts ?? []).flatMap(({ mountPath, readOnly }) =>
      readOnly ? [] : [mountPath],
    ),
  });
}

/** Every container of both that runs an image which is not ours. */
function runsOf(given: Files): readonly Run[] {
  const compose = Object.entries(readRawFile(given['stack/compose.yaml']).services).map(composeRun);
  const objects = components
    .flatMap((file) => parseAllDocuments(given[file] ?? ''))
    .map((document) => document.toJS() as KubernetesObject | null)
    .filter((object): object is KubernetesObject => object?.kind !== undefined);
  const manifests = workloads(objects)
    .map((workload) => podOf(workload).spec)
    // A patch names its containers without their images.
    .flatMap((pod) => [
      ...(pod.initContainers ?? []).map(containerRun(pod, true)),
      ...(pod.containers ?? []).map(containerRun(pod, false)),
    ]);
  return [...compose, ...manifests].filter(({ image }) => image !== 'own');
}

const everyText = ({ environment, words }: Run) => [...Object.values(environment), ...words];

/** The heap in MiB that a container is given; undefined when the image decides. */
function heapOf({ environment }: Run): number | undefined {
  const texts = [environment['ES_JAVA_OPTS'], environment['LS_JAVA_OPTS'], environment['NODE_OPTIONS']];
  const [, java, node] = /-Xmx(\d+[mg])|--max-old-space-size=(\d+)/.exec(texts.join(' ')) ?? [];
  if (java === undefined && node === undefined) return undefined;
  return java === undefined ? Number(node) : mebibytes(java);
}

/** The JVM refuses an -Xms above -Xmx, and the images bring an -Xms of their own. */
function lonelyHeap(text: string): boolean {
  const max = [...text.matchAll(/-Xmx(\w+)/g)].map(([, size]) => size);
  const first = [...text.matchAll(/-Xms(\w+)/g)].map(([, size]) => size);
  return max.join() !== first.join();
}

/** A keystore's tool is Java or Node.js for a moment: not what `beside` is about. */
const toolBeside = 256;

/** The reasons for running an image as another user than its own. */
const otherUsers: Readonly<Record<string, string>> = {
  'compose: docker-proxy': "Docker's socket is root's",
  'compose: filebeat': 'Docker writes the logs of containers for root only',
  'kubernetes: filebeat': 'the kubelet writes the logs of containers for root only',
};

interface Rule {
  /** Sentences, one for each container or file that breaks it. */
  readonly check: (given: Files, facts: Readonly<Record<string, ImageFacts>>) => readonly string[];
}

/** A rule that looks at one container beside what is known of its image. */
const ofEach = (says: (run: Run, facts: ImageFacts) => string | undefined): Rule => ({
  check: (given, facts) =>
    runsOf(given).flatMap((run) => {
      const fact = facts[run.image];
      const sentence = fact === undefined ? 'its image is not in images.yaml' : says(run, fact);
      return sentence === undefined ? [] : [`${run.where}: ${sentence}`];
    }),
});

const rules = {
  'each -Xmx has its -Xms': ofEach((run) =>
    everyText(run).some(lonelyHeap) ? 'an -Xmx has no -Xms like it' : undefined,
  ),
  'a limit is not below what the image needs': ofEach(({ limit, isTool }, { min }) =>
    !isTool && limit < min ? `its limit is ${limit} MiB, and the image needs ${min}` : undefined,
  ),
  'a limit is above the heap and what is beside it': ofEach((run, { beside }) => {
    const heap = heapOf(run);
    if (run.isTool ? heap === undefined : beside === undefined) return undefined;
    if (heap === undefined) return 'its heap is not said';
    const needed = heap + (run.isTool ? toolBeside : (beside ?? 0));
    return run.limit < needed
      ? `its limit is ${run.limit} MiB, and heap and all beside it ${needed}`
      : undefined;
  }),
  'each runs as the user of its image': ofEach(({ where, user, isTool }, facts) =>
    isTool || facts.user === null || user === facts.user || where in otherUsers
      ? undefined
      : `it runs as ${user}, and the image as ${facts.user}`,
  ),
  'what an image writes to can be written to': ofEach(({ isTool, writable }, { writes }) => {
    const missing = isTool ? [] : writes.filter((path) => !writable.some((mount) => mount === path));
    return missing.length > 0 ? `${missing.join(', ')} can't be written to` : undefined;
  }),
  "Redis loads none of the image's modules": ofEach(({ image, entrypoint }) =>
    image === 'REDIS_IMAGE' && entrypoint !== 'redis-server' ? 'the entrypoint loads modules' : undefined,
  ),
  'a queue of Logstash 9.2.0 is below 2 GiB': {
    check: (given) => {
      const release = /^LOGSTASH_IMAGE=.*:([\d.]+)/m.exec(given['images.env'] ?? '')?.[1];
      return runsOf(given)
        .filter(({ environment }) => environment['LOGSTASH_QUEUE_BYTES'] !== undefined)
        .filter(
          ({ environment }) =>
            mebibytes((environment['LOGSTASH_QUEUE_BYTES'] ?? '').replace(/b$/, '')) >= 2048,
        )
        .filter(() => release === '9.2.0')
        .map(({ where }) => `${where}: Logstash 9.2.0 can't have a queue of 2 GiB or more`);
    },
  },
  'Elasticsearch runs without machine learning': {
    check: (given) =>
      ['stack/compose/elasticsearch.yml', 'kubernetes/components/logs/elasticsearch.yml']
        .filter((file) => !/^xpack\.ml\.enabled: false$/m.test(given[file] ?? ''))
        .map((file) => `${file}: its controller is a process more`),
  },
  'HAProxy is allowed the open files that its maxconn takes': {
    check: (given) => {
      const max = Number(/^ *maxconn (\d+)$/m.exec(given['stack/compose/haproxy.cfg'] ?? '')?.[1]);
      const ulimits = readRawFile(given['stack/compose.yaml']).services['proxy']?.['ulimits'];
      const files = (ulimits as { nofile: number } | undefined)?.nofile ?? 0;
      return files > 2 * max + 64 ? [] : [`compose: proxy: nofile is ${files}, and maxconn ${max}`];
    },
  },
} satisfies Readonly<Record<string, Rule>>;

type RuleName = keyof typeof rules;
const compose = 'stack/compose.yaml';
const logs = 'kubernetes/components/logs';

/** Each fault that was there, put back: the file, what stands in it, what stood in it, and what is then said. */
const faults: readonly [RuleName, string, string | RegExp, string, RegExp][] = [
  ['each -Xmx has its -Xms', compose, /'-Xms128m -Xmx128m'/g, '-Xmx128m', /^compose: logstash:/],
  ['each -Xmx has its -Xms', compose, /'-Xms64m -Xmx64m'/g, '-Xmx64m', /^compose: elasticsearch:/],
  ['each -Xmx has its -Xms', `${logs}/logstash.yaml`, '-Xms128m ', '', /^kubernetes: configuration:/],
  ['each -Xmx has its -Xms', `${logs}/elasticsearch.yaml`, '-Xms64m ', '', /^kubernetes: configuration:/],
  [
    'a queue of Logstash 9.2.0 is below 2 GiB',
    'images.env',
    /(?<before>logstash:).*/,
    '$<before>9.2.0',
    /^kubernetes: logstash:/,
  ],
  [
    'a limit is above the heap and what is beside it',
    compose,
    'mem_limit: 1g',
    'mem_limit: 640m',
    /^compose: logstash:/,
  ],
  [
    'a limit is above the heap and what is beside it',
    compose,
    'mem_limit: 1536m',
    'mem_limit: 1g',
    /^compose: elasticsearch:/,
  ],
  [
    'a limit is above the heap and what is beside it',
    compose,
    'mem_limit: 1200m',
    'mem_limit: 896m',
    /^compose: kibana:/,
  ],
  [
    'a limit is above the heap and what is beside it',
    compose,
    'NODE_OPTIONS',
    'NODE_ARGUMENTS',
    /^compose: kibana: its heap is not said/,
  ],
  [
    'a limit is above the heap and what is beside it',
    `${logs}/logstash.yaml`,
    '1280Mi',
    '1000Mi',
    /^kubernetes: logstash:/,
  ],
  [
    'a limit is not below what the image needs',
    `${logs}/kibana.yaml`,
    '1200Mi',
    '1Gi',
    /^kubernetes: kibana:/,
  ],
  [
    'a limit is not below what the image needs',
    compose,
    'mem_limit: 512m',
    'mem_limit: 256m',
    /^compose: grafana:/,
  ],
  [
    'a limit is not below what the image needs',
    compose,
    'mem_limit: 256m',
    'mem_limit: 160m',
    /^compose: filebeat:/,
  ],
  [
    'a limit is not below what the image needs',
    compose,
    'mem_limit: 192m',
    'mem_limit: 96m',
    /^compose: redis:/,
  ],
  [
    'a limit is not below what the image needs',
    compose,
    /(?<before>\n {2}proxy:[\s\S]*?mem_limit: )96m/,
    '$<before>48m',
    /^compose: proxy:/,
  ],
  [
    'a limit is not below what the image needs',
    'kubernetes/components/monitoring/grafana.yaml',
    '512Mi',
    '384Mi',
    /^kubernetes: grafana:/,
  ],
  [
    "Redis loads none of the image's modules",
    compose,
    '    entrypoint: [redis-server]\n',
    '',
    /^compose: redis:/,
  ],
  [
    "Redis loads none of the image's modules",
    'kubernetes/components/redis/redis.yaml',
    '          command: [redis-server]\n',
    '',
    /^kubernetes: redis:/,
  ],
  [
    'HAProxy is allowed the open files that its maxconn takes',
    compose,
    '    ulimits: { nofile: 16384 }\n',
    '',
    /^compose: proxy: nofile is 0/,
  ],
  [
    'Elasticsearch runs without machine learning',
    'stack/compose/elasticsearch.yml',
    'xpack.ml.enabled: false',
    '',
    /^stack/,
  ],
  [
    'Elasticsearch runs without machine learning',
    `${logs}/elasticsearch.yml`,
    'xpack.ml.enabled: false',
    '',
    /^kubernetes/,
  ],
  [
    'each runs as the user of its image',
    compose,
    "user: '472:472'",
    "user: '1000:1000'",
    /^compose: grafana:/,
  ],
  [
    'what an image writes to can be written to',
    compose,
    '      - logstash:/usr/share/logstash/data\n',
    '',
    /^compose: logstash:/,
  ],
];

describe('images.yaml', () => {
  test('knows each image of images.env, at its tag, and where that was read', () => {
    expect(Object.keys(known).toSorted()).toEqual(Object.keys(images).toSorted());
    expect(outdatedFacts(images)).toEqual([]);
    for (const [name, { read: sources, starts }] of Object.entries(known))
      expect([name, sources.length > 0, starts !== '']).toEqual([name, true, true]);
  });

  test('is called outdated when a tag moves', () => {
    const redis = images['REDIS_IMAGE'];
    if (redis === undefined) throw new Error('images.env has no REDIS_IMAGE.');
    expect(outdatedFacts({ REDIS_IMAGE: { ...redis, tag: '9.0.0' } })).toEqual([
      expect.stringMatching(
        /^images\.yaml knows REDIS_IMAGE at 8\.2\.2-bookworm, and images\.env has 9\.0\.0: /,
      ),
    ]);
  });
});

describe('What is known of the images', () => {
  test('is compared with the containers of both files', () => {
    const where = runsOf(files).map((run) => run.where);
    expect(where).toEqual(
      expect.arrayContaining(['compose: logstash', 'kubernetes: logstash', 'kubernetes: grafana']),
    );
    expect(where.length).toBeGreaterThan(30);
  });

  test.each(Object.entries(rules))('holds: %s', (_, { check }) => {
    expect(check(files, known)).toEqual([]);
  });

  test.each(faults)('%s: noticed in %s when %s is %j again', (name, file, present, former, sentence) => {
    const text = files[file] ?? '';
    const changed = text.replace(present, former);
    expect(changed).not.toBe(text);
    const found = rules[name].check({ ...files, [file]: changed }, known);
    expect(found).toEqual(expect.arrayContaining([expect.stringMatching(sentence)]));
  });

  test('is about every rule: each has a fault that it notices', () => {
    expect([...new Set(faults.map(([name]) => name))].toSorted()).toEqual(Object.keys(rules).toSorted());
  });
});
