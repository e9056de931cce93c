/** A long run, for faults that only show after hours: leaks, full disks, tokens that end. */
import { optionsOf, setUp } from '../k6/profile.ts';

export * from '../journeys/index.ts';
export { handleSummary } from '../k6/results.ts';
export { eraseUsers as teardown } from '../k6/users.ts';

const profile = {
  from: 5,
  stages: [{ seconds: 7200, rate: 5 }],
  users: 10,
  thinkSeconds: 2,
};

export const options = optionsOf(profile);
export const setup = () => setUp(profile);
