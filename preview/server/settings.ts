/** The settings of the preview's server. */
import { fixedPort, integer, serverUrl } from '@sightline/settings/kinds.ts';
import { type Environment, readSettings } from '@sightline/settings/setting.ts';
import type { PageDependencies } from './app.ts';

const url = serverUrl('http://127.0.0.1:9090');

const settings = {
  PAGE_PORT: fixedPort,
  PROMETHEUS_URL: url,
  ALERTMANAGER_URL: url,
  ELASTICSEARCH_URL: url,
  SCRAPE_INTERVAL_SECONDS: integer(1, 3600),
};

export interface PageSettings
  extends Pick<PageDependencies, 'prometheusUrl' | 'alertmanagerUrl' | 'elasticsearchUrl' | 'scrapeMs'> {
  readonly port: number;
}

/** @throws SettingsError with a sentence for each setting that is missing or wrong */
export function readPageSettings(environment: Environment): PageSettings {
  const given = readSettings(settings, environment);
  return {
    port: given.PAGE_PORT,
    prometheusUrl: given.PROMETHEUS_URL,
    alertmanagerUrl: given.ALERTMANAGER_URL,
    elasticsearchUrl: given.ELASTICSEARCH_URL,
    scrapeMs: given.SCRAPE_INTERVAL_SECONDS * 1000,
  };
}
