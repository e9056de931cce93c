/** Where it bends: more and more until well over what one core does. */
import { optionsOf, setUp } from '../k6/profile.ts';

export * from '../journeys/index.ts';
export { handleSummary } from '../k6/results.ts';
export { eraseUsers as teardown } from '../k6/users.ts';

const profile = {
  from: 5,
  stages: [
    { seconds: 120, rate: 40 },
    { seconds: 120, rate: 80 },
    { seconds: 120, rate: 120 },
    { seconds: 60, rate: 5 },
  ],
  users: 20,
  thinkSeconds: 0.5,
};

export const options = optionsOf(profile);
export const setup = () => setUp(profile);
