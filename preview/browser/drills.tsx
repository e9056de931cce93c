import type { Report } from '../model/report.ts';
import { Scroll } from './scroll.tsx';

type Alert = Report['alerts'][number];

/** An alert's life from the fault on: each phase ends with what the next begins with. */
const phases = [
  { ends: 'pendingSeconds', name: 'not noticed yet', moment: 'pending', colour: 'var(--muted)' },
  { ends: 'firingSeconds', name: 'pending', moment: 'firing', colour: 'var(--orange)' },
  { ends: 'notifiedSeconds', name: 'fires, nobody told yet', moment: 'notified', colour: 'var(--purple)' },
  { ends: 'recoveredSeconds', name: 'fires, told', moment: 'recovered', colour: 'var(--red)' },
  { ends: 'resolvedSeconds', name: 'fault is gone, still fires', moment: 'resolved', colour: 'var(--blue)' },
] as const;

/** Each drill as a line of time; all have one scale, so that they can be compared. */
export function Drills({ alerts }: Pick<Report, 'alerts'>) {
  if (alerts.length === 0) return null;
  const longest = Math.max(1, ...alerts.flatMap((alert) => phases.map(({ ends }) => alert[ends] ?? 0)));
  const ordered = alerts.toSorted(
    (one, other) => Number(one.ok) - Number(other.ok) || one.name.localeCompare(other.name),
  );
  return (
    <section class="card">
      <header>
        <h2>Drills</h2>
        <span class="muted">
          what make drill broke, and when its alert was pending, fired, was heard of and resolved
        </span>
      </header>
      <Scroll class="inside" label="Drills">
        <div class="phases">
          {phases.map(({ name, colour }) => (
            <span key={name} style={{ '--colour': colour }}>
              <i class="swatch" />
              {name}
            </span>
          ))}
          <span>the whole line: {Math.round(longest)} s</span>
        </div>
        {ordered.map((alert) => (
          <Drill key={alert.name} alert={alert} longest={longest} />
        ))}
      </Scroll>
    </section>
  );
}

function Drill({ alert, longest }: { alert: Alert; longest: number }) {
  const { name, ok, problems } = alert;
  const reached = phases.flatMap(({ ends, moment }) => {
    const at = alert[ends];
    return at === null ? [] : [`${moment} ${at}`];
  });
  let begin = 0;
  return (
    <div class="drill" data-drill={name}>
      <span class={ok ? 'name ok' : 'name failed'} title={name}>
        <span class="mark">{ok ? '✓' : '✗'}</span> {name}
      </span>
      <span class="time" role="img" aria-label={`${name}, in seconds: ${reached.join(', ') || 'no alert'}`}>
        {phases.map(({ ends, name: phase, colour }) => {
          const end = alert[ends];
          if (end === null || end < begin) return null;
          const from = begin;
          begin = end;
          return (
            <span
              class="phase"
              key={ends}
              title={`${phase}: ${(end - from).toFixed(1)} s`}
              style={{
                left: `${(100 * from) / longest}%`,
                width: `${(100 * (end - from)) / longest}%`,
                '--colour': colour,
              }}
            />
          );
        })}
      </span>
      <span class="moments">
        {reached.length > 0 ? `${reached.join(' · ')} s` : 'no alert, as it should be or as said below'}
      </span>
      {!ok && <span class="problem">{problems.join('\n')}</span>}
    </div>
  );
}
