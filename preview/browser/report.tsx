/** The page of a report: everything it shows is in its own file. */
import { render } from 'preact';
import { replayed } from '../model/recording.ts';
import type { ReportData } from '../model/report.ts';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { DashboardPage } from './dashboard-page.tsx';
import { Results } from './results.tsx';
import { Shell } from './shell.tsx';
import { type Site, SiteContext, usePlace, written } from './site.ts';

const data = JSON.parse(document.getElementById('data')?.textContent ?? 'null') as ReportData;
const { dashboards } = data;
const nothing = { series: {}, values: {}, range: { from: 0, to: 1 }, scrapeMs: 1000, width: 1 };
const recording = dashboards?.recording ?? nothing;

const site: Site = {
  dashboards: dashboards?.files ?? [],
  dashboard: (uid) => {
    const file = dashboards?.files.find((one) => one.uid === uid);
    return file === undefined
      ? Promise.reject(new Error(`This report has no dashboard "${uid}".`))
      : Promise.resolve(file);
  },
  prometheus: replayed(recording),
  scrapeMs: recording.scrapeMs,
  recorded: recording,
  here: () => {
    const [path = '/', query = ''] = location.hash.slice(1).split('?');
    return { path: path || '/', parameters: new URLSearchParams(query) };
  },
  // Runbooks and logs are where the stack is.
  addressOf: (place) =>
    place.path === '/' || place.path.startsWith('/d/') ? `#${written(place)}` : undefined,
  go: (address) => {
    location.hash = address;
  },
  follow: (changed) => {
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  },
};

function Page() {
  const { path } = usePlace();
  const uid = /^\/d\/([\w-]+)$/.exec(path)?.[1];
  return (
    <Shell
      label="Report"
      navigation={[
        { path: '/', title: 'Results' },
        ...site.dashboards.map((one) => ({ path: `/d/${one.uid}`, title: one.title })),
      ]}
    >
      {uid === undefined ? <Results {...data} /> : <DashboardPage uid={uid} />}
    </Shell>
  );
}

const root = document.getElementById('page');
if (root !== null)
  render(
    <SiteContext.Provider value={site}>
      <Page />
    </SiteContext.Provider>,
    root,
  );
