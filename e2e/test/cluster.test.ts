import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { whyNoKubectl } from '@sightline/kubernetes/kubectl.ts';
import { workloads } from '@sightline/kubernetes/objects.ts';
import { render } from '@sightline/kubernetes/render.ts';
import { canMake } from '@sightline/stack/images/make.ts';
import { eventually } from '@sightline/testkit/eventually.ts';
import { startLoad } from '../cluster/load.ts';
import { tested } from '../cluster/manifests.ts';
import { readClusterSettings } from '../cluster/settings.ts';

const missing = whyNoKubectl();
const withKubectl = missing === undefined ? describe : describe.skip;

withKubectl(
  `the local overlay as it is tested${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    const drill = 'groups: []\n';

    test('is without the workloads whose images can not be made, each named with its image', async () => {
      const { objects, images, skipped } = tested(await render('local'), canMake, drill);
      const names = workloads(objects).map(({ metadata }) => metadata.name);
      expect(names).toEqual(
        expect.arrayContaining(['todo-api', 'postgresql', 'prometheus', 'kube-state-metrics']),
      );
      expect(names).not.toContain('kibana');
      expect(images.every(canMake)).toBe(true);
      expect(skipped).toContainEqual(
        expect.stringMatching(
          /^Deployment todo-api\/kibana: no image docker\.elastic\.co\/kibana\/kibana:\S+ can/,
        ),
      );
    });

    test('has Prometheus look more often, and the rules of the drills about workloads', async () => {
      const data = ({ objects }: ReturnType<typeof tested>) =>
        Object.assign({}, ...objects.map((each) => (each.kind === 'ConfigMap' ? each.data : {}))) as Record<
          string,
          string
        >;
      const changed = data(tested(await render('local'), canMake, drill));
      expect(changed['prometheus.yaml']).toMatch(
        /^ {2}scrape_interval: 2s\n {2}scrape_timeout: 2s\n {2}evaluation_interval: 2s$/m,
      );
      expect(changed['kubernetes.rules.yaml']).toBe(drill);
      expect(changed['sightline.rules.yaml']).toContain('groups:');
    });
  },
);

describe('load', () => {
  /** Answers as the API does, but for what `mistake` does first. */
  async function countOn(
    mistake: (count: number, outgoing: ServerResponse, incoming: IncomingMessage) => boolean,
  ) {
    let count = 0;
    const server = createServer((incoming, outgoing) => {
      count += 1;
      if (mistake(count, outgoing, incoming)) return;
      outgoing.writeHead(incoming.method === 'POST' ? 201 : 200).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const load = startLoad(url, [{ email: '', password: '', token: 'token', todoId: 'todo', origin: {} }]);
    try {
      await eventually(() => count >= 40);
    } finally {
      await load.stop();
      server.close();
    }
    return { ...load.counts(), count };
  }

  test('counts every request, and finds nothing to say where all are answered', async () => {
    const { answered, failures, count } = await countOn(() => false);
    expect({ answered, failures }).toEqual({ answered: count, failures: [] });
  });

  test('names each request that got another status, or no answer', async () => {
    const { answered, failures, count } = await countOn((number, outgoing, incoming) => {
      if (number === 10) outgoing.writeHead(503).end('{"type":"why"}');
      if (number === 20) incoming.socket.destroy();
      return number === 10 || number === 20;
    });
    expect(failures).toHaveLength(2);
    expect(failures[0]).toMatch(/ was answered with 503: {"type":"why"}$/);
    expect(failures[1]).toMatch(/ got no answer \(/);
    expect(answered).toBe(count - 1);
  });
});

describe('the settings of test-cluster', () => {
  test('say which cluster, since what is brought there is removed again', () => {
    expect(() => readClusterSettings({})).toThrow('KUBECONFIG is not set');
    expect(readClusterSettings({ KUBECONFIG: 'k', LOAD_IMAGES: 'load' })).toEqual({
      loadImages: 'load',
      images: 'made',
      apiUrl: 'http://127.0.0.1:30300',
    });
  });

  test('say where images come from, made here or by Docker', () => {
    const given = { KUBECONFIG: 'k', LOAD_IMAGES: 'load' };
    expect(readClusterSettings({ ...given, IMAGES: 'docker' }).images).toBe('docker');
    expect(() => readClusterSettings({ ...given, IMAGES: 'hub' })).toThrow(
      'IMAGES is "hub"; it takes one of made',
    );
  });
});
