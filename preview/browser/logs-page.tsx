import type { Line } from '@sightline/logging/search/line.ts';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { FoundLines, Search } from '../model/live.ts';
import { rangeOf, timeWordsOf } from '../model/shown-time.ts';
import { dateAndClock } from './clock.ts';
import { TimeSelect } from './controls.tsx';
import { post } from './live-queries.ts';
import { Scroll } from './scroll.tsx';
import { changed, usePlace, useSite } from './site.ts';
import { To } from './to.tsx';

const usual = { from: 'now-15m', to: 'now' };
const everything = '*';

/** An id that was pasted by itself is looked for as one; anything else is in Lucene's syntax. */
export const queryOf = (text: string): string =>
  /^[\w-]{6,}$/.test(text) && /\d/.test(text)
    ? `http.request.id:"${text}" OR transaction.id:"${text}" OR trace.id:"${text}"`
    : text;

type Found =
  | { readonly state: 'loading' }
  | ({ readonly state: 'found' } & FoundLines)
  | { readonly state: 'error'; readonly sentence: string };

function useLines(q: string, from: string, to: string, asked: number): Found {
  const [found, setFound] = useState<Found>({ state: 'loading' });
  useEffect(() => {
    let isCurrent = true;
    setFound({ state: 'loading' });
    const search = async (): Promise<Found> => {
      const range = rangeOf({ from, to }, Date.now());
      return { state: 'found', ...(await post<FoundLines>('/api/logs', { q: queryOf(q), ...range })) };
    };
    search().then(
      (next) => isCurrent && setFound(next),
      (error: Error) => isCurrent && setFound({ state: 'error', sentence: error.message }),
    );
    return () => {
      isCurrent = false;
    };
  }, [q, from, to, asked]);
  return found;
}

export function LogsPage({ searches }: { searches: readonly Search[] }) {
  const site = useSite();
  const place = usePlace();
  const q = place.parameters.get('q') || everything;
  const words = timeWordsOf(place.parameters, usual);
  const [asked, setAsked] = useState(0);
  const found = useLines(q, words.from, words.to, asked);
  const input = useRef<HTMLInputElement>(null);
  const go = (changes: Parameters<typeof changed>[1]) => {
    const address = site.addressOf(changed(place, changes));
    if (address !== undefined) site.go(address);
  };
  // The field follows the address, and the reader's typing until it is sent.
  useEffect(() => {
    if (input.current) input.current.value = q === everything ? '' : q;
  }, [q]);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || (event.target as HTMLElement).matches('input, select, textarea')) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', focus);
    return () => removeEventListener('keydown', focus);
  }, []);

  /** A search with an id to fill in is put into the field, with the place for it selected. */
  const choose = ({ query, placeholder }: Search) => {
    if (placeholder === undefined) return go({ q: query });
    const { current } = input;
    if (current === null) return;
    current.value = query;
    current.focus();
    current.setSelectionRange(query.indexOf(placeholder), query.indexOf(placeholder) + placeholder.length);
  };

  return (
    <>
      <div class="title">
        <h1>Logs</h1>
        <div class="controls">
          <TimeSelect
            words={words}
            choose={(from) => go({ from, to: 'now', time: undefined, 'time.window': undefined })}
          />
          <button type="button" class="plain" onClick={() => setAsked(asked + 1)}>
            Search again
          </button>
        </div>
      </div>
      <p class="description">
        Lines of the log in Elasticsearch, by Lucene's syntax as in Kibana's search bar. A request's id can be
        pasted as it is.
      </p>
      <form
        class="search"
        onSubmit={(event) => {
          event.preventDefault();
          go({ q: input.current?.value.trim() || everything });
        }}
      >
        <input
          ref={input}
          type="search"
          aria-label="Search the log"
          placeholder="log.level:error, http.response.status_code:[500 TO 599], or a request's id   ( / )"
          spellcheck={false}
        />
        <button type="submit" class="plain">
          Search
        </button>
      </form>
      <div class="search">
        <button
          type="button"
          class="plain"
          aria-pressed={q === everything}
          onClick={() => go({ q: undefined })}
        >
          All lines
        </button>
        {searches.map((search) => (
          <button
            type="button"
            class="plain"
            key={search.id}
            title={search.description}
            aria-pressed={q === search.query}
            onClick={() => choose(search)}
          >
            {search.title.replace(/^Logs: /, '')}
          </button>
        ))}
      </div>
      <Lines found={found} isOne={/^http\.request\.id:/.test(queryOf(q))} />
    </>
  );
}

function Lines({ found, isOne }: { found: Found; isOne: boolean }) {
  if (found.state === 'loading')
    return (
      <p class="message quiet">
        <span class="pulse" /> Searching
      </p>
    );
  if (found.state === 'error')
    return (
      <div class="message error" role="alert">
        {found.sentence}
      </div>
    );
  if (found.lines.length === 0)
    return <p class="message quiet">No line matches in this time. Look over a longer time, or for less.</p>;
  // One request reads as a story, everything else with what is new first.
  const lines = isOne ? found.lines.toReversed() : found.lines;
  return (
    <section class="card lines">
      <Scroll class="inside" label="Log lines">
        <table>
          <thead>
            <tr>
              {['Time', 'Level', 'Event', 'Route', 'Status', 'Took', 'Message', 'Request'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {lines.map((line, index) => (
              <Row key={String(line['event.id'] ?? index)} line={line} />
            ))}
          </tbody>
        </table>
        {found.isCut && (
          <p class="muted">
            There are more: these are the last {found.lines.length}. Look over a shorter time.
          </p>
        )}
      </Scroll>
    </section>
  );
}

const levelColours: Readonly<Record<string, string>> = {
  error: 'var(--red)',
  fatal: 'var(--red)',
  warn: 'var(--orange)',
};

const textOf = (value: unknown): string =>
  value === undefined || value === null
    ? ''
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value);

const shortest = 60;

function Row({ line }: { line: Line }) {
  const site = useSite();
  const place = usePlace();
  const id = textOf(line['http.request.id']);
  const took = line['event.duration'];
  const level = textOf(line['log.level']);
  return (
    <tr>
      <td class="mono">{dateAndClock(Date.parse(textOf(line['@timestamp'])))}</td>
      <td class="level" style={{ '--colour': levelColours[level] ?? 'var(--muted)' }}>
        {level}
      </td>
      <td>{textOf(line['event.action'])}</td>
      <td class="mono">
        {textOf(line['http.request.method'])} {textOf(line['labels.route'])}
      </td>
      <td class="number">{textOf(line['http.response.status_code'])}</td>
      <td class="number">{typeof took === 'number' ? `${(took / 1e6).toFixed(1)} ms` : ''}</td>
      <td>
        <details>
          <summary>{textOf(line['message']).slice(0, 2 * shortest) || '(no message)'}</summary>
          <dl class="fields">
            {Object.entries(line).map(([name, value]) => (
              <div key={name}>
                <dt class="mono muted">{name}</dt>
                <dd class="mono">{textOf(value)}</dd>
              </div>
            ))}
          </dl>
        </details>
      </td>
      <td class="mono">
        {id !== '' && (
          <To
            address={site.addressOf(changed({ ...place, path: '/logs' }, { q: `http.request.id:"${id}"` }))}
            label={`All lines of request ${id}`}
          >
            {id.slice(0, 8)}
          </To>
        )}
      </td>
    </tr>
  );
}
