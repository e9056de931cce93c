/** Where the links of dashboards lead, and whether there is anything. */
import { pages } from '@sightline/alerts/runbooks.ts';
import { logEvents, logFields } from '@sightline/contract/signals.ts';
import { type Dashboard, type Link, type Panel, panelsOf } from '../dashboards.ts';

/** The links of a panel, of its values and of its columns. */
export const linksOf = ({ links, fieldConfig }: Panel): readonly Link[] => [
  ...links,
  ...fieldConfig.defaults.links,
  ...fieldConfig.overrides.flatMap(({ properties }) =>
    properties.filter(({ id }) => id === 'links').flatMap(({ value }) => value as readonly Link[]),
  ),
];

/** The log search of a link, in Lucene's syntax. */
export const searchOf = ({ url }: Link): string | undefined => {
  const [, lucene] = /query:\(language:lucene,query:'([^']*)'\)/.exec(url) ?? [];
  return lucene === undefined ? undefined : decodeURIComponent(lucene.replaceAll(/%(?!2[02])/g, '%25'));
};

/** Sentences about fields and log events of a search that the contract lacks. */
function wrongSearch(lucene: string): readonly string[] {
  // A field stands before a colon, outside of strings and variables.
  const bare = lucene.replaceAll(/"[^"]*"|\$\{[^}]*\}/g, '_');
  const terms = [...bare.matchAll(/([\w.@]+):(\S+)/g)].map(([, field = '', value = '']) => ({
    field,
    value,
  }));
  if (terms.length === 0) return [`It searches for nothing: ${lucene}`];
  const actions = Object.keys(logEvents);
  return terms.flatMap(({ field, value }) => {
    if (!(field in logFields)) return [`The contract has no log field ${field}.`];
    if (field !== 'event.action' || value === '_') return [];
    const wanted = new RegExp(`^${value.replaceAll('*', '.*')}$`);
    return actions.some((action) => wanted.test(action)) ? [] : [`The contract has no log event ${value}.`];
  });
}

/** Returns a sentence for each link of a dashboard that leads nowhere. */
export function brokenLinks(dashboard: Dashboard, uids: readonly string[]): readonly string[] {
  return panelsOf(dashboard).flatMap((panel) =>
    linksOf(panel).flatMap((link) => {
      const of = (problem: string) => `${panel.title}, link "${link.title}": ${problem}`;
      const search = searchOf(link);
      if (search !== undefined) return wrongSearch(search).map(of);
      const [, uid] = /^\/d\/([\w-]+)\?/.exec(link.url) ?? [];
      if (uid !== undefined) return uids.includes(uid) ? [] : [of(`there is no dashboard ${uid}.`)];
      const [, page] = /\/runbooks\/([^/]+)\.md$/.exec(link.url) ?? [];
      if (page === undefined) return [of(`it leads to no dashboard, runbook or log search: ${link.url}`)];
      // The name of the alert that a row is about.
      const isField = page === `\${__data.fields.Alert}`;
      return isField || pages.includes(page) ? [] : [of(`there is no runbook ${page}.`)];
    }),
  );
}
