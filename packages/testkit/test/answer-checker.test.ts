import { describe, expect, test } from '@jest/globals';
import { describeApi } from '@sightline/app/src/openapi/describe.ts';
import { membersOf } from '@sightline/app/src/todos/fields.ts';
import { answerChecker } from '../answer-checker.ts';

const checkAnswer = answerChecker(await describeApi());

const todo = {
  ...membersOf('example'),
  id: '01936f5e-8c00-7d2a-9b4e-2f6c1a3b5d70',
  title: 'A todo',
  description: null,
  status: 'open',
  priority: 'normal',
  labels: [],
  due_at: null,
  version: 1,
  created_at: '2026-11-21T10:00:00Z',
  updated_at: '2026-11-21T10:00:00Z',
  completed_at: null,
  deleted_at: null,
};
const problem = {
  type: '/problems/not-found',
  title: 'There is nothing at this address',
  status: 404,
  detail: 'You have no todo with this id.',
  instance: `/v1/todos/${todo.id}`,
  request_id: 'r',
};
const json = { 'content-type': 'application/json; charset=utf-8', 'x-request-id': 'r', etag: '"1"' };
const problemJson = { 'content-type': 'application/problem+json', 'x-request-id': 'r' };

interface Given {
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

function check({
  method = 'GET',
  path = `/v1/todos/${todo.id}`,
  status = 200,
  headers = json,
  body = todo,
}: Given) {
  const text = body === '' ? '' : JSON.stringify(body);
  checkAnswer(method, `http://127.0.0.1${path}`, { status, headers: new Headers(headers), text });
}

describe('the check of each answer against the OpenAPI document', () => {
  test.each<[string, Given]>([
    ['an answer as declared', {}],
    ['a problem as declared', { status: 404, headers: problemJson, body: problem }],
    ['HEAD without a body', { method: 'HEAD', body: '' }],
    ['an empty answer declared so', { status: 304, body: '' }],
    ['a problem where no route is', { path: '/nothing', status: 404, headers: problemJson, body: problem }],
    ['the answer to OPTIONS', { method: 'OPTIONS', status: 204, headers: {}, body: '' }],
    ['a page', { path: '/docs', headers: { 'content-type': 'text/html' }, body: 'page' }],
  ])('passes %s', (_name, given) => {
    expect(() => check(given)).not.toThrow();
  });

  test.each<[string, Given, string]>([
    ['a status not declared', { status: 202 }, 'is not declared; 200, 304, 400, 401, 404, 429, 431, 503 are'],
    [
      'another media type',
      { headers: { ...json, 'content-type': 'text/plain' } },
      'is text/plain, not application/json',
    ],
    [
      'a header that is missing',
      { headers: { 'content-type': json['content-type'] } },
      'lacks the header ETag',
    ],
    [
      'a member that is missing',
      { body: { ...todo, version: undefined } },
      "must have required property 'version'",
    ],
    ['a member not declared', { body: { ...todo, owner_id: 'x' } }, '"additionalProperty":"owner_id"'],
    ['a value of another type', { body: { ...todo, version: '1' } }, 'body/version must be integer'],
    [
      'a time in another form',
      { body: { ...todo, created_at: 'today' } },
      'body/created_at must match format',
    ],
    ['a body declared to be empty', { status: 304 }, 'has a body, declared without'],
    [
      'a problem of a type not declared there',
      { status: 404, headers: problemJson, body: { ...problem, type: '/problems/email-taken' } },
      'body/type must be equal to one of the allowed values',
    ],
    [
      'a problem that says another status',
      { status: 404, headers: problemJson, body: { ...problem, status: 400 } },
      'body/status must be equal to constant',
    ],
    ['an error that is no problem', { path: '/nothing', status: 404 }, 'is no problem document'],
    ['an answer where nothing is declared', { path: '/nothing' }, 'is of a path that is not declared'],
  ])('refuses %s', (_name, given, reason) => {
    expect(() => check(given)).toThrow(reason);
  });
});
