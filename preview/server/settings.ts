/** What the preview's server is told by its environment. */
import type { PageDependencies } from './app.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface PageSettings
  extends Pick<PageDependencies, 'prometheusUrl' | 'alertmanagerUrl' | 'elasticsearchUrl' | 'scrapeMs'> {
  readonly port: number;
}

function addressIn(environment: Environment, name: string): string {
  const text = environment[name] ?? '';
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '')
    throw new Error(
      `${name} is "${text}"; it takes an address such as http://127.0.0.1:9090, without a user.`,
    );
  return text.replace(/(?<!\/)\/+$/, '');
}

function wholeNumber(environment: Environment, name: string, most: number): number {
  const text = environment[name] ?? '';
  const number = Number(text);
  if (!/^[1-9]\d*$/.test(text) || number > most)
    throw new Error(`${name} is "${text}"; it takes a number from 1 to ${most}.`);
  return number;
}

/** Throws a sentence for a setting that is missing or wrong. */
export function readPageSettings(environment: Environment): PageSettings {
  return {
    port: wholeNumber(environment, 'PAGE_PORT', 65_535),
    prometheusUrl: addressIn(environment, 'PROMETHEUS_URL'),
    alertmanagerUrl: addressIn(environment, 'ALERTMANAGER_URL'),
    elasticsearchUrl: addressIn(environment, 'ELASTICSEARCH_URL'),
    scrapeMs: wholeNumber(environment, 'SCRAPE_INTERVAL_SECONDS', 3600) * 1000,
  };
}
