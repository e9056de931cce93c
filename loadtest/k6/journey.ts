import { comeFrom, JourneyOver } from './api.ts';
import { type LoadUser, tokenOf, userOf, type World } from './users.ts';

/** The user who makes a journey. */
export interface Traveller extends LoadUser {
  readonly token: string;
}

/** A journey as k6 runs it: one that meets an answer it did not expect ends there, and is counted by its checks. */
export function journey(steps: (traveller: Traveller) => void): (world: World) => void {
  return (world) => {
    try {
      const user = userOf(world);
      comeFrom(user.address);
      steps({ ...user, token: tokenOf(user) });
    } catch (error) {
      if (!(error instanceof JourneyOver)) throw error;
    }
  };
}
