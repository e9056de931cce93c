/** The live preview: the dashboards over Prometheus, the alerts, and the log. */
import { render } from 'preact';
import type { SiteFacts } from '../model/live.ts';
import { AlertsPage } from './alerts-page.tsx';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { DashboardPage } from './dashboard-page.tsx';
import { fetchJson, liveQueries } from './live-queries.ts';
import { LogsPage } from './logs-page.tsx';
import { RunbookPage } from './runbook-page.tsx';
import { Shell } from './shell.tsx';
import { type Site, SiteContext, usePlace, written } from './site.ts';

const here = () => ({ path: location.pathname, parameters: new URLSearchParams(location.search) });

function go(address: string): void {
  history.pushState(null, '', address);
  dispatchEvent(new PopStateEvent('popstate'));
}

/** Links within the preview change the page without loading it anew. */
function followLinks(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (link === null || link.origin !== location.origin || !isPlain || event.defaultPrevented) return;
  event.preventDefault();
  go(link.pathname + link.search);
  if (link.pathname !== location.pathname) scrollTo(0, 0);
}

const siteOf = ({ dashboards, scrapeMs }: SiteFacts): Site => ({
  dashboards,
  scrapeMs,
  dashboard: (uid) => fetchJson(`/api/dashboards/${uid}`),
  prometheus: liveQueries(),
  here,
  addressOf: written,
  go,
  follow: (changed) => {
    addEventListener('popstate', changed);
    return () => removeEventListener('popstate', changed);
  },
});

function Page({ facts }: { facts: SiteFacts }) {
  const { path } = usePlace();
  const uid = /^\/d\/([\w-]+)/.exec(path)?.[1];
  const runbook = /^\/runbooks\/(\w+)\.md$/.exec(path)?.[1];
  return (
    <Shell
      label="Preview of what Grafana and Kibana show"
      navigation={[
        ...facts.dashboards.map((one) => ({ path: `/d/${one.uid}`, title: one.title })),
        { path: '/alerts', title: 'Alerts now' },
        { path: '/logs', title: 'Logs' },
      ]}
    >
      {uid !== undefined && <DashboardPage uid={uid} key={uid} />}
      {path === '/alerts' && <AlertsPage />}
      {path === '/logs' && <LogsPage searches={facts.searches} />}
      {runbook !== undefined && <RunbookPage name={runbook} key={runbook} />}
    </Shell>
  );
}

async function start(root: HTMLElement): Promise<void> {
  try {
    const facts = await fetchJson<SiteFacts>('/api/site');
    addEventListener('click', followLinks);
    render(
      <SiteContext.Provider value={siteOf(facts)}>
        <Page facts={facts} />
      </SiteContext.Provider>,
      root,
    );
  } catch (error) {
    render(<p class="message error">{error instanceof Error ? error.message : String(error)}</p>, root);
  }
}

const root = document.getElementById('page');
if (root !== null) void start(root);
