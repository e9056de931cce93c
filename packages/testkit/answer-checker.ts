import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** An OpenAPI 3.1 document, as far as answers are checked by it. */
export interface ApiDescription {
  readonly paths?: Readonly<Record<string, unknown>>;
}

/** The parts of an answer that the OpenAPI document describes. */
export interface CheckedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

interface Reference {
  readonly $ref?: string;
}
interface ResponseObject extends Reference {
  readonly headers?: Readonly<Record<string, Reference & { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, unknown>>;
}
type Responses = Readonly<Record<string, ResponseObject>>;

/**
 * Checks an answer against the OpenAPI document: its status is declared for the operation, and media type, headers
 * and body are as declared.
 * @throws Error that names the operation and everything that is not so
 */
export type AnswerCheck = (method: string, url: string, answer: CheckedAnswer) => void;

const problemMediaType = 'application/problem+json';
const problemPointer = '#/components/schemas/Problem';

/** Paths of pages for people, which the document leaves out. */
const pages = /^\/(docs|problems)(\/|$)/;

/** JSON pointer of a place in the document. */
const pointer = (...path: readonly string[]) =>
  `#${path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`;

/** Makes the check of the answers of the API that a document describes. */
export function answerChecker(document: ApiDescription): AnswerCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true }).addSchema(document, 'openapi');
  formats.default(ajv);

  const templates = Object.entries(document.paths ?? {}).map(([path, operations]) => ({
    path,
    operations: operations as Readonly<Record<string, { readonly responses: Responses }>>,
    pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }));

  /** Follows references to the place they end at. */
  function resolve<Value extends Reference>(place: string, value: Value): { place: string; value: Value } {
    if (value.$ref === undefined) return { place, value };
    const target = value.$ref
      .slice(2)
      .split('/')
      .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document);
    return resolve(value.$ref, target as Value);
  }

  /** The template of a path and its operations, one without parameters first. */
  function match(path: string) {
    return templates
      .filter(({ pattern }) => pattern.test(path))
      .toSorted((a, b) => a.path.split('{').length - b.path.split('{').length)
      .at(0);
  }

  function bodyFaults(place: string, text: string): string[] {
    const validate = ajv.getSchema(`openapi${place}`);
    if (!validate) return [`has no schema at ${place}`];
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return ['has a body that is no JSON'];
    }
    if (validate(body)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `body${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  /** An answer that no operation stands for, since no route took the request: it must be a problem. */
  function unroutedFaults(
    path: string,
    { status, headers, text }: CheckedAnswer,
    hasBody: boolean,
  ): string[] {
    if (status < 400) return pages.test(path) || status === 204 ? [] : ['is of a path that is not declared'];
    if (headers.get('content-type') !== problemMediaType) return ['is no problem document'];
    return hasBody ? bodyFaults(problemPointer, text) : [];
  }

  function declaredFaults(place: string, answer: CheckedAnswer, responses: Responses, hasBody: boolean) {
    const declared = responses[answer.status];
    if (!declared) return [`is not declared; ${Object.keys(responses).join(', ')} are`];
    const { place: at, value: response } = resolve(`${place}/responses/${answer.status}`, declared);
    const missing = Object.entries(response.headers ?? {})
      .filter(([name, header]) => resolve(name, header).value.required && !answer.headers.has(name))
      .map(([name]) => `lacks the header ${name}`);
    const [mediaType] = (answer.headers.get('content-type') ?? '').split(';');
    const types = Object.keys(response.content ?? {});
    if (types.length === 0)
      return [...missing, ...(answer.text === '' ? [] : ['has a body, declared without'])];
    if (!mediaType || !types.includes(mediaType))
      return [...missing, `is ${mediaType}, not ${types.join(' or ')}`];
    const schema = `${at}${pointer('content', mediaType, 'schema').slice(1)}`;
    return [...missing, ...(hasBody ? bodyFaults(schema, answer.text) : [])];
  }

  return (method, url, answer) => {
    const path = new URL(url).pathname;
    // An answer to HEAD is that to GET without its body.
    const hasBody = method !== 'HEAD';
    const verb = (hasBody ? method : 'GET').toLowerCase();
    const template = match(path);
    const operation = template?.operations[verb];
    const faults =
      template && operation
        ? declaredFaults(pointer('paths', template.path, verb), answer, operation.responses, hasBody)
        : unroutedFaults(path, answer, hasBody);
    if (faults.length === 0) return;
    throw new Error(
      [
        `${method} ${path}: the answer ${answer.status} breaks the OpenAPI document:`,
        ...faults,
        answer.text,
      ].join('\n  '),
    );
  };
}
