import { expect, test } from '@jest/globals';
import traffic from '../../grafana/traffic.json' with { type: 'json' };
import { readDashboard } from '../../grafana/walk.ts';
import old from './fixtures/old.json' with { type: 'json' };

const dashboard = readDashboard(traffic, 'traffic.json');

test('finds each query that Grafana runs, also in collapsed rows, and none that it does not', () => {
  const { queries } = dashboard;
  expect(queries.map(({ panel, refId }) => `${panel} ${refId}`)).toEqual([
    'Requests by route A',
    'Requests of $route A',
    'Both ways A',
  ]);
});

test('knows how each is run: as a graph unless it says otherwise, once, or both', () => {
  const modes = dashboard.queries.map(({ instant, range }) => ({ instant, range }));
  expect(modes).toEqual([
    { instant: false, range: true },
    { instant: true, range: false },
    { instant: true, range: true },
  ]);
});

test("takes a panel's own step and number of points, else as many as it is wide on a screen of 1920 pixels", () => {
  const [graph, stat] = dashboard.queries;
  expect(graph).toMatchObject({ maxDataPoints: 960 });
  expect(graph).not.toHaveProperty('minStep');
  expect(stat).toMatchObject({ maxDataPoints: 50, minStep: '10s' });
});

test('repeats the panels of a repeated row', () => {
  expect(dashboard.queries.map(({ repeat }) => repeat)).toEqual([undefined, 'route', undefined]);
});

test('finds annotations that Prometheus is asked for', () => {
  expect(dashboard.annotations.map(({ name }) => name)).toEqual(['Starts']);
});

test('reads the rows of old files, and data sources that are no objects', () => {
  const { queries, variables } = readDashboard(old, 'old.json');
  expect(queries).toEqual([expect.objectContaining({ panel: 'Errors', refId: 'A', range: true })]);
  expect(variables).toEqual([expect.objectContaining({ name: 'job', type: 'custom', current: [] })]);
});

test('a file that is no dashboard is named', () => {
  expect(() => readDashboard([], 'list.json')).toThrow(
    'list.json is no dashboard: it has no uid or no title.',
  );
});
