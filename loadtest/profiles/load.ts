/** A busy day. */
import { optionsOf, setUp } from '../k6/profile.ts';

export * from '../journeys/index.ts';
export { handleSummary } from '../k6/results.ts';
export { eraseUsers as teardown } from '../k6/users.ts';

const profile = {
  from: 1,
  stages: [
    { seconds: 60, rate: 15 },
    { seconds: 240, rate: 15 },
    { seconds: 20, rate: 0 },
  ],
  users: 10,
  thinkSeconds: 1,
};

export const options = optionsOf(profile);
export const setup = () => setUp(profile);
