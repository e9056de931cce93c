/** How often each journey is made. */

export interface Share {
  /** Share of all journeys that begin; together they are 1. */
  readonly share: number;
  /** Journeys a second at most. Each password hash keeps a core busy for some 30 ms. */
  readonly max?: number;
  /** How often it waits as a person would. */
  readonly thoughts: number;
  /** Requests of it, at most. */
  readonly requests: number;
  /** Those of them that the API counts as log-ins: registrations, log-ins and refreshes. */
  readonly sessionRequests: number;
}

export const shares: Readonly<Record<string, Share>> = {
  reader: { share: 0.45, thoughts: 5, requests: 7, sessionRequests: 0 },
  worker: { share: 0.32, thoughts: 6, requests: 7, sessionRequests: 0 },
  importer: { share: 0.08, thoughts: 1, requests: 2, sessionRequests: 0 },
  mistaken: { share: 0.05, thoughts: 11, max: 5, requests: 11, sessionRequests: 2 },
  returner: { share: 0.05, thoughts: 1, max: 2, requests: 5, sessionRequests: 2 },
  newcomer: { share: 0.05, thoughts: 3, max: 1, requests: 7, sessionRequests: 3 },
};
