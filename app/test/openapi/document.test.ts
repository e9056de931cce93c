import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { apiRoutes } from '../../src/app.ts';
import { describeApi } from '../../src/openapi/describe.ts';
import { startApi, type TestApi } from '../support/api.ts';

type Node = Record<string, unknown>;

/** Every object in the document with the JSON pointer of its place. */
function* objects(node: unknown, place = '#'): Generator<[string, Node]> {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) yield [place, node as Node];
  for (const [key, value] of Object.entries(node)) {
    yield* objects(value, `${place}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

const document = await describeApi();
const all = [...objects(document)];
const places = new Map(all);
const operations = all.filter(([place]) => /^#\/paths\/[^/]+\/(get|post|put|patch|delete)$/.test(place));
const ajv = new Ajv2020({ strict: false, allErrors: true }).addSchema(document, 'openapi');
formats.default(ajv);
// Its own pattern says more; ajv-formats knows the address in ASCII only.
ajv.addFormat('idn-email', /^[^@\s]+@[^@\s]+$/u);

/** The object that a reference leads to, or the object itself. */
const target = (node: Node) => (typeof node['$ref'] === 'string' ? places.get(node['$ref']) : node);

describe('the OpenAPI document', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startApi();
  });
  afterAll(() => api.stop());

  test('is served as it is generated, and again only when it changed', async () => {
    const answer = await api.send('GET', '/openapi.json');
    expect(answer.body).toEqual(JSON.parse(JSON.stringify(document)));
    expect(answer.headers.get('cache-control')).toBe('public, no-cache');
    const etag = answer.headers.get('etag') ?? '';
    const again = await api.send('GET', '/openapi.json', { headers: { 'If-None-Match': etag } });
    expect({ status: again.status, text: again.text }).toEqual({ status: 304, text: '' });
  });

  test('is made the same each time', async () => {
    expect(JSON.stringify(await describeApi())).toBe(JSON.stringify(document));
  });

  test('says what a registration gives away, and what nobody proves', () => {
    const [, registration] = operations.find(([, { operationId }]) => operationId === 'registerUser') ?? [];
    expect(registration?.['responses']).toHaveProperty('409');
    expect(registration?.['description']).toMatch(/nobody proves.*already gets 409/);
  });

  test('has every route but the pages, under its operation id', () => {
    const { config, knex, tokens, telemetry } = api;
    const report = () => ({ status: 'ok' as const, detail: '' });
    const health = { live: report, startup: report, ready: report };
    const expected = apiRoutes({ ...telemetry, config, knex, tokens, health })
      .filter(({ page }) => !page)
      .map(({ method, path, operation }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')} ${operation}`);
    const found = operations.map(([place, { operationId }]) => {
      const [, , path = '', method] = place.split('/');
      return `${method} ${path.replaceAll('~1', '/')} ${operationId}`;
    });
    expect(found.sort()).toEqual(expected.sort());
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('refers to nothing that is not there', () => {
    const references = all.flatMap(([, { $ref }]) => (typeof $ref === 'string' ? [$ref] : []));
    expect(references.length).toBeGreaterThan(20);
    expect(references.filter((reference) => !places.has(reference))).toEqual([]);
  });

  test('has no component that nothing refers to', () => {
    const references = new Set(all.map(([, { $ref }]) => $ref));
    const components = [...places.keys()].filter((place) =>
      /^#\/components\/(?!securitySchemes)\w+\/[^/]+$/.test(place),
    );
    expect(components.filter((place) => !references.has(place))).toEqual([]);
  });

  test('declares each parameter of a path, describes every parameter, and names each once', () => {
    for (const [place, { parameters }] of operations) {
      const given = (parameters as Node[]).map((parameter) => target(parameter) ?? {});
      const inPath = given.filter((parameter) => parameter['in'] === 'path');
      const expected = [...place.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(inPath.map(({ name, required }) => ({ name, required }))).toEqual(
        expected.map((name) => ({ name, required: true })),
      );
      const names = given.map((parameter) => `${parameter['in']} ${parameter['name']}`);
      expect(new Set(names).size).toBe(names.length);
      for (const { name, description } of given) {
        expect({ place, name, description }).toEqual({
          place,
          name,
          description: expect.stringMatching(/\S/),
        });
      }
    }
  });

  test('describes every answer, and gives it the request id', () => {
    for (const [place, operation] of operations) {
      const answers = Object.entries(operation['responses'] as Record<string, Node>);
      expect(answers.length).toBeGreaterThan(0);
      for (const [status, answer] of answers) {
        expect({ place, status, answer: target(answer) }).toEqual({
          place,
          status,
          answer: expect.objectContaining({
            description: expect.stringMatching(/\S/),
            headers: expect.objectContaining({ 'X-Request-Id': expect.anything() }),
          }),
        });
      }
    }
  });

  test('has each tag described, and security schemes that are declared', () => {
    const tags = document.tags?.map(({ name }) => name);
    const schemes = Object.keys(document.components?.securitySchemes ?? {});
    for (const [, operation] of operations) {
      expect(tags).toEqual(expect.arrayContaining(operation['tags'] as string[]));
      for (const scheme of operation['security'] as Node[])
        expect(schemes).toEqual(expect.arrayContaining(Object.keys(scheme)));
    }
  });

  test('has JSON Schema that compiles, and examples that fit their schema', () => {
    const schemas = all.filter(([place]) => /^#\/components\/schemas\/[^/]+$|\/schema$/.test(place));
    expect(schemas.length).toBeGreaterThan(50);
    const faults = schemas.flatMap(([place, schema]) => {
      const media = places.get(place.replace(/\/schema$/, '')) ?? {};
      const named = Object.values((media['examples'] ?? {}) as Record<string, { value: unknown }>);
      const examples = [
        ...((schema['examples'] ?? []) as unknown[]),
        ...('example' in media ? [media['example']] : []),
        ...(place.endsWith('/schema') ? named.map(({ value }) => value) : []),
      ];
      const validate = ajv.getSchema(`openapi${encodeURI(place)}`) ?? ajv.compile(schema);
      return examples.filter((example) => !validate(example)).map((example) => ({ place, example }));
    });
    expect(faults).toEqual([]);
  });

  test('has an example for every JSON body', () => {
    const bodies = all.filter(([place]) => /\/content\/application~1[^/]+$/.test(place));
    const lacking = bodies.filter(([, body]) => !('example' in body) && !('examples' in body));
    expect(lacking.map(([place]) => place)).toEqual([]);
  });

  test('says of a request what validation does', () => {
    const parameters = Object.values(
      document.paths?.['/v1/todos']?.get?.parameters ?? {},
    ) as unknown as Node[];
    expect(parameters.find(({ name }) => name === 'limit')?.['schema']).toEqual({
      description: expect.any(String),
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 20,
    });
    expect(document.components?.schemas?.['NewTodo']).toMatchObject({
      additionalProperties: false,
      required: ['title'],
      properties: {
        title: { minLength: 1, maxLength: 200, pattern: expect.stringMatching(/^\^.*2028.*202a.*\$$/) },
        labels: { maxItems: 20, uniqueItems: true, default: [] },
        status: { default: 'open' },
      },
    });
    expect(document.components?.schemas?.['Registration']).toMatchObject({
      properties: { email: { format: 'idn-email', maxLength: 254, pattern: expect.any(String) } },
    });
  });
});
