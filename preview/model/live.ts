/** The answers of the live preview's server to its page. */
import type { Line } from '@sightline/logging/search/line.ts';

/** A saved search of Kibana's. */
export interface Search {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly query: string;
  /** The word in the query that the reader replaces by an id; undefined where there is nothing to fill in. */
  readonly placeholder?: string;
}

/** `GET /api/site` */
export interface SiteFacts {
  readonly dashboards: readonly { readonly uid: string; readonly title: string }[];
  readonly scrapeMs: number;
  readonly searches: readonly Search[];
}

/** An alert as its reader needs it. */
export interface LiveAlert {
  readonly name: string;
  readonly severity: string;
  readonly state: 'firing' | 'pending' | 'silenced' | 'inhibited';
  /** ISO 8601. */
  readonly since: string;
  readonly summary: string;
  readonly description: string;
  /** Beside name and severity. */
  readonly labels: Readonly<Record<string, string>>;
  readonly runbookUrl: string;
  readonly dashboardUrl: string;
}

/** `GET /api/alerts`: what was found, and a sentence for each server that could not be asked. */
export interface LiveAlerts {
  readonly alerts: readonly LiveAlert[];
  readonly problems: readonly string[];
}

/** `POST /api/logs` */
export interface FoundLines {
  readonly lines: readonly Line[];
  /** Whether there are more than these. */
  readonly isCut: boolean;
}
