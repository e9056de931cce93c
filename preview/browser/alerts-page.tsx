import { useEffect, useState } from 'preact/hooks';
import { placeOf } from '../model/links.ts';
import type { LiveAlert, LiveAlerts } from '../model/live.ts';
import { dateAndClock, lasting } from './clock.ts';
import { fetchJson } from './live-queries.ts';
import { Scroll } from './scroll.tsx';
import { useSite } from './site.ts';
import { To } from './to.tsx';

const everyMs = 5000;

const states: Readonly<Record<LiveAlert['state'], { readonly text: string; readonly colour: string }>> = {
  firing: { text: 'fires', colour: 'var(--red)' },
  pending: { text: 'pending', colour: 'var(--orange)' },
  silenced: { text: 'silenced', colour: 'var(--muted)' },
  inhibited: { text: 'inhibited', colour: 'var(--muted)' },
};

function useAlerts(): LiveAlerts | undefined {
  const [found, setFound] = useState<LiveAlerts>();
  useEffect(() => {
    const look = () =>
      void fetchJson<LiveAlerts>('/api/alerts').then(setFound, (error: Error) =>
        setFound((before) => ({ alerts: before?.alerts ?? [], problems: [error.message] })),
      );
    look();
    const timer = setInterval(() => document.visibilityState === 'visible' && look(), everyMs);
    return () => clearInterval(timer);
  }, []);
  return found;
}

/** The page of alerts that fire or are about to, the most urgent first. */
export function AlertsPage() {
  const found = useAlerts();
  return (
    <>
      <div class="title">
        <h1>Alerts now</h1>
      </div>
      <p class="description">
        What Alertmanager knows, and what is pending in Prometheus; looked at every {everyMs / 1000} seconds.
        Watchdog, which always fires, is left out.
      </p>
      {found === undefined && <p class="message quiet">Loading</p>}
      {found?.problems.map((problem) => (
        <div class="message error" role="alert" key={problem}>
          {problem}
        </div>
      ))}
      {found?.problems.length === 0 && found.alerts.length === 0 && (
        <p class="message quiet">
          Nothing fires, and nothing is pending. To see one: make drill ALERT=TargetDown.
        </p>
      )}
      <div class="results">
        {found?.alerts.map((alert) => (
          <Alert key={`${alert.name} ${JSON.stringify(alert.labels)} ${alert.state}`} alert={alert} />
        ))}
      </div>
    </>
  );
}

function Alert({ alert }: { alert: LiveAlert }) {
  const site = useSite();
  const { name, severity, state, since, summary, description, labels } = alert;
  const { text, colour } = states[state];
  const address = (url: string) => {
    const place = url === '' ? undefined : placeOf(url);
    return place && site.addressOf(place);
  };
  const began = Date.parse(since);
  return (
    <section class="card" data-alert={name}>
      <header>
        <h2>{name}</h2>
        <span class="mark" style={{ '--colour': colour }}>
          {text}
        </span>
        <span>{severity}</span>
        <span class="muted">
          for {lasting(Date.now() - began)}, since {dateAndClock(began)}
        </span>
        <span class="right">
          <To address={address(alert.runbookUrl)}>{alert.runbookUrl === '' ? '' : 'Runbook'}</To>{' '}
          <To address={address(alert.dashboardUrl)}>{alert.dashboardUrl === '' ? '' : 'Dashboard'}</To>
        </span>
      </header>
      <Scroll class="inside" label={`Alert ${name}`}>
        <p>{summary}</p>
        <p class="muted">{description}</p>
        <p class="mono muted">
          {Object.entries(labels)
            .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
            .join('  ')}
        </p>
      </Scroll>
    </section>
  );
}
