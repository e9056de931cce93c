/** A sudden rush, and the recovery from it. */
import { optionsOf, setUp } from '../k6/profile.ts';

export * from '../journeys/index.ts';
export { handleSummary } from '../k6/results.ts';
export { eraseUsers as teardown } from '../k6/users.ts';

const profile = {
  from: 3,
  stages: [
    { seconds: 30, rate: 3 },
    { seconds: 5, rate: 60 },
    { seconds: 40, rate: 60 },
    { seconds: 5, rate: 3 },
    { seconds: 60, rate: 3 },
  ],
  users: 20,
  thinkSeconds: 0.5,
};

export const options = optionsOf(profile);
export const setup = () => setUp(profile);
