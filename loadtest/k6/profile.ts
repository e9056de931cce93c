/** Makes of a profile what k6 takes as `options`. */
import type { Options, Scenario, Threshold } from 'k6/options';
import { type Share, shares } from '../journeys/shares.ts';
import { operations, sloThresholds, unmatched } from './contract.ts';
import { beginning, limitsPassed, perSecond, policiesOf } from './limits.ts';
import { duration, ownAddresses, profileName, rate, testId } from './settings.ts';
import type { CountedSeries } from './summary.ts';
import { makeUsers, type World } from './users.ts';

export interface Stage {
  readonly seconds: number;
  /** Journeys that begin a second, at the end of the stage; it gets there steadily from that of the stage before. */
  readonly rate: number;
}

export interface Profile {
  /** Journeys a second at the start. */
  readonly from: number;
  readonly stages: readonly Stage[];
  /** Users that the setup makes; more when so few would have more requests than a user may. */
  readonly users: number;
  /** How long a person thinks between two requests, on average. */
  readonly thinkSeconds: number;
}

/** Answers that the API gives without declaring them. */
const undeclared = [0, 500];

/** The series of `http_reqs` that are counted apart, since k6 sums up only what has a threshold. */
export const countedSeries: readonly CountedSeries[] = [...Object.values(operations), unmatched].flatMap(
  ({ method, route, statuses }) =>
    [...new Set([...statuses, ...undeclared])].map((status) => ({
      method,
      route,
      status,
      metric: `http_reqs{method:${method},name:${route},status:${status}}`,
    })),
);

function thresholds(): Record<string, Threshold[]> {
  const limits: Record<string, Threshold[]> = { ...sloThresholds };
  for (const { metric } of countedSeries) limits[metric] = ['count>=0'];
  return {
    ...limits,
    // A journey that could not begin is load that was not there: the numbers would flatter.
    dropped_iterations: ['count==0'],
    checks: ['rate>=0.999'],
  };
}

/** A minute's journeys: k6 takes whole numbers only. */
const perMinute = (journeys: number, share: Share) =>
  Math.max(1, Math.round(60 * beginning(journeys, share)));

const highestOf = ({ from, stages }: Profile) => Math.max(from, ...stages.map((stage) => stage.rate));
const plannedSeconds = ({ stages }: Profile) => stages.reduce((sum, { seconds }) => sum + seconds, 0);

/** Requests of one user in a minute: half of what the API's limit (RATE_LIMIT_USER) is by default. */
const maxOfUser = 1500;

/** Makes the users of a run. Says before the first journey which limits of the API it is going to pass. */
export function setUp(profile: Profile): World {
  const journeys = rate ?? highestOf(profile);
  const users = Math.max(profile.users, Math.ceil((60 * perSecond(journeys, 'requests')) / maxOfUser));
  const world = makeUsers(users);
  const plan = { journeys, users, ownAddresses, seconds: duration ?? plannedSeconds(profile) };
  for (const sentence of limitsPassed(plan, policiesOf(world.policies))) console.warn(sentence);
  return world;
}

function scenario(exec: string, share: Share, profile: Profile): Scenario {
  const highest = highestOf(profile);
  const scale = rate === undefined ? 1 : rate / highest;
  const planned = plannedSeconds(profile);
  const stretch = duration === undefined ? 1 : duration / planned;
  const seconds = share.thoughts * profile.thinkSeconds + 1;
  // Twice what it takes when the API is quick: a virtual user that is missing is a journey dropped.
  const virtualUsers = Math.ceil((2 * seconds * perMinute(highest * scale, share)) / 60) + 1;
  return {
    executor: 'ramping-arrival-rate',
    exec,
    timeUnit: '1m',
    startRate: perMinute(profile.from * scale, share),
    stages: profile.stages.map((stage) => ({
      duration: `${Math.round(stage.seconds * stretch * 1000)}ms`,
      target: perMinute(stage.rate * scale, share),
    })),
    preAllocatedVUs: virtualUsers,
    maxVUs: 2 * virtualUsers,
    // Longer than any journey: one that is cut off would be counted on one side only.
    gracefulStop: '60s',
    env: { THINK_SECONDS: String(profile.thinkSeconds) },
  };
}

export function optionsOf(profile: Profile): Options {
  return {
    scenarios: Object.fromEntries(
      Object.entries(shares).map(([name, share]) => [name, scenario(name, share, profile)]),
    ),
    thresholds: thresholds(),
    setupTimeout: '120s',
    teardownTimeout: '120s',
    tags: { testid: testId, profile: profileName },
    // No `url`: with ids in it each request would be a series of its own.
    systemTags: ['method', 'name', 'status', 'group', 'scenario', 'check', 'expected_response', 'error_code'],
    summaryTrendStats: ['avg', 'p(50)', 'p(95)', 'p(99)', 'p(99.9)', 'max', 'count'],
    noVUConnectionReuse: false,
    userAgent: 'sightline-loadtest',
  };
}
