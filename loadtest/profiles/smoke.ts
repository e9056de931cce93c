/** Does it work at all: half a minute, a few users. */
import { optionsOf, setUp } from '../k6/profile.ts';

export * from '../journeys/index.ts';
export { handleSummary } from '../k6/results.ts';
export { eraseUsers as teardown } from '../k6/users.ts';

const profile = {
  from: 4,
  stages: [{ seconds: 30, rate: 4 }],
  users: 3,
  thinkSeconds: 0.2,
};

export const options = optionsOf(profile);
export const setup = () => setUp(profile);
