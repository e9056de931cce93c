import { describe, expect, test } from '@jest/globals';
import type { LogEvent, LogField } from '@sightline/contract/signal.ts';
import { logEvents, logFields } from '@sightline/contract/signals.ts';
import { fieldsIn, valuesIn } from '../kibana/lucene.ts';
import { savedObjects } from '../kibana/saved-objects.ts';
import { type SavedSearch, searches } from '../kibana/searches.ts';

const fieldsOf = ({ query, columns }: SavedSearch) => [...fieldsIn(query), ...columns];

/** Whether some saved search is about this event: by its name, its level, or as part of the audit trail. */
const isSearched = (name: string, { level, category }: LogEvent) =>
  searches.some(
    ({ query }) =>
      valuesIn(query, 'event.action').includes(name) ||
      valuesIn(query, 'log.level').includes(level) ||
      (category !== undefined && fieldsIn(query).includes('event.category')),
  );

test('every field of a saved search is a log field of the contract', () => {
  const unknown = searches.flatMap((search) =>
    fieldsOf(search)
      .filter((field) => !(field in logFields))
      .map((field) => `${search.id}: ${field}`),
  );
  expect(unknown).toEqual([]);
});

test('every value of event.action in a saved search is an event of the contract', () => {
  const named = searches.flatMap(({ query }) => valuesIn(query, 'event.action'));
  expect(named).not.toEqual([]);
  expect(named.filter((name) => !(name in logEvents))).toEqual([]);
});

test('every log field is in a saved search, or says why it is in none', () => {
  const used = new Set<string>(searches.flatMap(fieldsOf));
  const wrong = Object.entries<LogField>(logFields)
    .filter(
      ([name, { unusedBecause }]) =>
        (used.has(name) || name === '@timestamp') === (unusedBecause !== undefined),
    )
    .map(([name]) => name);
  expect(wrong).toEqual([]);
});

test('every log event of the API is found by a saved search, or says why by none', () => {
  const wrong = Object.entries<LogEvent>(logEvents)
    .filter(([name, event]) => isSearched(name, event) === (event.unusedBecause !== undefined))
    .map(([name]) => name);
  expect(wrong).toEqual([]);
});

describe('the saved objects', () => {
  const objects = savedObjects();

  test('are a data view, five searches and a dashboard, and refer only to each other', () => {
    expect(objects.map(({ type }) => type)).toEqual([
      'index-pattern',
      ...Array(5).fill('search'),
      'dashboard',
    ]);
    const ids = objects.map(({ type, id }) => `${type} ${id}`);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { references } of objects)
      for (const { type, id } of references) expect(ids).toContain(`${type} ${id}`);
  });

  test('the dashboard has a panel for each search, none over another', () => {
    const panels = JSON.parse(String(objects.at(-1)?.attributes['panelsJSON'])) as {
      panelIndex: string;
      panelRefName: string;
      gridData: { y: number; h: number };
    }[];
    expect(panels.map(({ panelIndex, panelRefName }) => `${panelIndex}:${panelRefName}`)).toEqual(
      objects.at(-1)?.references.map(({ name }) => name),
    );
    for (const [index, { gridData }] of panels.entries())
      expect(gridData.y).toBe(index === 0 ? 0 : (panels[index - 1]?.gridData.y ?? 0) + gridData.h);
  });

  test('the data view formats and describes fields of the contract and the link to Grafana alone', () => {
    const attributes = objects[0]?.attributes ?? {};
    const formats = JSON.parse(String(attributes['fieldFormatMap'])) as Record<string, { id: string }>;
    expect(Object.keys(formats).filter((field) => !(field in logFields))).toEqual(['grafana']);
    expect(formats).toMatchObject({ 'event.duration': { id: 'duration' }, 'trace.id': { id: 'url' } });
    expect(Object.keys(JSON.parse(String(attributes['fieldAttrs'])) as object)).toEqual(
      Object.keys(logFields),
    );
  });
});

describe('what a query names', () => {
  test.each([
    ['log.level:("error" OR "fatal")', ['log.level']],
    ['_exists_:event.category AND user.id:"a:b"', ['event.category', 'user.id']],
    ['http.response.status_code:[500 TO 599]', ['http.response.status_code']],
    ['NOT (@timestamp:* OR a.b:"x \\" c:d")', ['@timestamp', 'a.b']],
  ])('%s', (query, fields) => {
    expect(fieldsIn(query)).toEqual(fields);
  });

  test('values in quotes, one or several', () => {
    expect(valuesIn('a:("x" OR "y") AND b:"z" OR a:"w"', 'a')).toEqual(['x', 'y', 'w']);
  });
});
