import { durationMs } from '@sightline/testkit/grafana/time.ts';
import { all, type VariableChoice } from '@sightline/testkit/grafana/variables.ts';
import type { Dashboard } from '@sightline/testkit/grafana/walk.ts';
import type { Place } from '../model/links.ts';
import type { TimeWords } from '../model/shown-time.ts';
import { dateAndClock } from './clock.ts';
import { changed, useSite } from './site.ts';

const times: readonly (readonly [from: string, text: string])[] = [
  ['now-5m', 'Last 5 minutes'],
  ['now-15m', 'Last 15 minutes'],
  ['now-30m', 'Last 30 minutes'],
  ['now-1h', 'Last hour'],
  ['now-3h', 'Last 3 hours'],
  ['now-6h', 'Last 6 hours'],
  ['now-24h', 'Last 24 hours'],
  ['now-7d', 'Last 7 days'],
  ['now-30d', 'Last 30 days'],
];
const refreshes = ['5s', '10s', '30s', '1m', '5m'] as const;
/** The value that stands for no refresh in an address. */
const off = 'off';

/** How often, in milliseconds; undefined: never. An address may say anything. */
export function refreshMs(text: string): number | undefined {
  try {
    return text === '' || text === off ? undefined : Math.max(durationMs(text), 5000);
  } catch {
    return undefined;
  }
}

interface ControlsProps {
  readonly place: Place;
  readonly words: TimeWords;
  readonly refresh: string;
  readonly dashboard: Dashboard;
  readonly choices: ReadonlyMap<string, VariableChoice> | undefined;
  readonly refreshNow: () => void;
}

/** The dashboard's variables, the time that is shown, and how often it is shown anew. */
export function Controls({ place, words, refresh, dashboard, choices, refreshNow }: ControlsProps) {
  const site = useSite();
  const go = (changes: Parameters<typeof changed>[1]) => {
    const address = site.addressOf(changed(place, changes));
    if (address !== undefined) site.go(address);
  };
  return (
    <div class="controls">
      {dashboard.variables.map(({ name, includeAll }) => {
        const { options = [], value } = choices?.get(name) ?? {};
        if (options.length === 0) return null;
        const asked = place.parameters.getAll(`var-${name}`).filter((one) => options.includes(one));
        const selected = asked.length > 0 ? asked : includeAll ? [all] : (value?.values ?? []);
        return (
          <label key={name}>
            {name}
            <select
              data-variable={name}
              value={selected.length === 1 ? selected[0] : ''}
              onChange={(event) =>
                go({
                  [`var-${name}`]: event.currentTarget.value === all ? undefined : event.currentTarget.value,
                })
              }
            >
              {includeAll && <option value={all}>All</option>}
              {selected.length > 1 && <option value="">{selected.length} selected</option>}
              {options.map((option) => (
                <option key={option} value={option}>
                  {option}
                </option>
              ))}
            </select>
          </label>
        );
      })}
      <TimeSelect
        words={words}
        choose={(from) => go({ from, to: 'now', time: undefined, 'time.window': undefined })}
      />
      <label>
        Refresh
        <select
          value={refreshMs(refresh) === undefined ? off : refresh}
          onChange={({ currentTarget }) => go({ refresh: currentTarget.value })}
        >
          <option value={off}>Off</option>
          {refreshes.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="plain" onClick={refreshNow} title="Ask again now">
        Refresh now
      </button>
    </div>
  );
}

interface TimeSelectProps {
  readonly words: TimeWords;
  readonly choose: (from: string) => void;
}

export function TimeSelect({ words, choose }: TimeSelectProps) {
  const isUsual = words.to === 'now' && times.some(([from]) => from === words.from);
  return (
    <label>
      Time
      <select value={isUsual ? words.from : ''} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {!isUsual && <option value="">{[words.from, words.to].map(spoken).join(' to ')}</option>}
        {times.map(([from, text]) => (
          <option key={from} value={from}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

const spoken = (word: string) => (/^\d+$/.test(word) ? dateAndClock(Number(word)) : word);
