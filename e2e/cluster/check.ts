/** The type of a cluster's check; `checks.ts` is the table of them. */
import type { Account } from '@sightline/loadtest/accounts.ts';
import type { Check } from '@sightline/testkit/check.ts';
import type { Tested } from './manifests.ts';

/** The context that checks share. */
export interface ClusterContext extends Tested {
  /** Where the API's Service is reached from here. */
  readonly apiUrl: string;
  /** The image of the release that is deployed first. */
  readonly image: string;
  /** A later release: it knows a column by its new name only, and brings the migration that adds it. */
  readonly nextImage: string;
  /** The release after that, whose migration drops the old column. */
  readonly nextButOneImage: string;
  /** A release whose program does not start. */
  readonly brokenImage: string;
  /** Whom load is made by, once the API answers. */
  readonly accounts: () => Promise<readonly Account[]>;
}

/** A row of the table. */
export interface ClusterCheck extends Omit<Check<ClusterContext>, 'skipReason'> {
  /** Names of workloads that it is about: without one of them it is skipped by name. */
  readonly needs?: readonly string[];
}
