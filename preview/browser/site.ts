/** The site that pages are shown on: a report's file, or the server of the live preview. */

import type { TimeRange } from '@sightline/testkit/grafana/time.ts';
import type { Queries } from '@sightline/testkit/prometheus-answer.ts';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Place } from '../model/links.ts';

export interface Site {
  readonly dashboards: readonly { readonly uid: string; readonly title: string }[];
  /** The file of a dashboard. Rejects with a sentence when it can't be had. */
  readonly dashboard: (uid: string) => Promise<unknown>;
  readonly prometheus: Queries;
  readonly scrapeMs: number;
  /** The time and the width of a recording, which has one of each; undefined where both can be chosen. */
  readonly recorded?: { readonly range: TimeRange; readonly width: number };
  readonly here: () => Place;
  /** An address for a place; undefined where this site has nothing of the kind. */
  readonly addressOf: (place: Place) => string | undefined;
  readonly go: (address: string) => void;
  /** Calls back when the place has changed. @returns what ends that */
  readonly follow: (changed: () => void) => () => void;
}

export const SiteContext = createContext<Site | undefined>(undefined);

/** Throws outside of a site: a mistake in the page. */
export function useSite(): Site {
  const site = useContext(SiteContext);
  if (site === undefined) throw new Error('There is no site around this part of the page.');
  return site;
}

/** Where the reader is, followed as they move. */
export function usePlace(): Place {
  const site = useSite();
  const [place, setPlace] = useState(site.here);
  useEffect(() => site.follow(() => setPlace(site.here())), [site]);
  return place;
}

/** The address of the same place with some parameters changed; undefined removes one. */
export function changed(
  { path, parameters }: Place,
  changes: Readonly<Record<string, string | readonly string[] | undefined>>,
): Place {
  const next = new URLSearchParams(parameters);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    for (const one of value === undefined ? [] : [value].flat()) next.append(name, one);
  }
  return { path, parameters: next };
}

/** A path with its parameters, as addresses have it. */
export function written({ path, parameters }: Place): string {
  const query = parameters.toString();
  return query === '' ? path : `${path}?${query}`;
}
