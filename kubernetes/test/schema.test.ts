import { expect, test } from '@jest/globals';
import type { KubernetesObject } from '../objects.ts';
import { validate } from '../schema/validate.ts';

const service = (spec: object): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'todo-api' },
  spec,
});

test.each([
  ['a field that Kubernetes does not know', { ports: [{ port: 80, targetport: 'http' }] }, 'targetport'],
  ['a value of another type', { ports: [{ port: 'eighty' }] }, 'eighty'],
  ['a missing field', { ports: [{ name: 'http' }] }, 'port'],
])('the schemas refuse %s', async (_, spec, named) => {
  const [wrong, ...others] = await validate([service({ ports: [{ port: 80 }] }), service(spec)]);
  expect(wrong).toContain(named);
  expect(others).toEqual([]);
});
