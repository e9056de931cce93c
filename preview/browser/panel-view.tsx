import type { Variables } from '@sightline/testkit/grafana/interpolate.ts';
import { type ComponentType, Fragment } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { filledIn, placeOf } from '../model/links.ts';
import type { Kind, Panel } from '../model/panel.ts';
import { type Answer, askPanel, type PageView } from '../model/panel-data.ts';
import { BarGauge, Gauge } from './bar-gauge.tsx';
import type { DrawProps } from './draw.ts';
import { Heatmap } from './heatmap.tsx';
import { Markdown } from './markdown.tsx';
import { changed, usePlace, useSite } from './site.ts';
import { Stat } from './stat.tsx';
import { StateTimeline } from './state-timeline.tsx';
import { Table } from './table.tsx';
import { TimeSeries } from './time-series.tsx';
import { To } from './to.tsx';

/** How each kind is drawn; a row is a heading, and a text needs no data. */
const drawnBy: Readonly<Record<Exclude<Kind, 'row' | 'text'>, ComponentType<DrawProps>>> = {
  timeseries: TimeSeries,
  stat: Stat,
  gauge: Gauge,
  bargauge: BarGauge,
  table: Table,
  heatmap: Heatmap,
  'state-timeline': StateTimeline,
};

interface PanelProps {
  readonly panel: Panel;
  readonly variables: Variables;
  readonly view: PageView;
  readonly marks: DrawProps['marks'];
  /** Alone on the page, with its queries. */
  readonly large: boolean;
}

type Loaded =
  | { readonly state: 'loading' }
  | { readonly state: 'error'; readonly sentence: string }
  // With the view that it was asked for: while the next one loads, this one stays as it is.
  | { readonly state: 'empty' | 'drawn'; readonly answers: readonly Answer[]; readonly view: PageView };

const hasNumber = ({ series }: Answer) =>
  series.some(({ samples }) => samples.some(({ value }) => Number.isFinite(value)));

function usePanelData({ panel, variables, view }: PanelProps, isSeen: boolean): Loaded {
  const [loaded, setLoaded] = useState<Loaded>({ state: 'loading' });
  useEffect(() => {
    if (!isSeen || panel.unsupported.length > 0 || panel.queries.length === 0) return;
    let isCurrent = true;
    askPanel(panel, variables, view).then(
      (answers) =>
        isCurrent && setLoaded({ state: answers.some(hasNumber) ? 'drawn' : 'empty', answers, view }),
      (error: Error) => isCurrent && setLoaded({ state: 'error', sentence: error.message }),
    );
    return () => {
      isCurrent = false;
    };
  }, [panel, variables, view, isSeen]);
  return loaded;
}

/** Whether it has come near the window: what nobody sees is not asked for. */
function useSeen(): [isSeen: boolean, element: { current: HTMLElement | null }] {
  const element = useRef<HTMLElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
        setSeen(true);
        observer.disconnect();
      },
      { rootMargin: '400px' },
    );
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [isSeen, element];
}

export function PanelView(props: PanelProps) {
  const { panel, large } = props;
  const [isSeen, element] = useSeen();
  const loaded = usePanelData(props, isSeen);
  const { x, y, w, h } = panel.grid;
  const place = { '--x': x + 1, '--y': y + 1, '--w': w, '--h': h };
  if (panel.kind === 'row')
    return (
      <h2 class="panel-row" style={place}>
        {panel.title}
      </h2>
    );
  const state = panel.unsupported.length > 0 ? 'unsupported' : panel.kind === 'text' ? 'drawn' : loaded.state;
  return (
    <section
      ref={element}
      class={large ? 'panel large' : 'panel'}
      data-kind={panel.kind}
      style={place}
      data-state={state}
      data-panel={panel.title}
      aria-busy={state === 'loading'}
    >
      <PanelHead {...props} />
      <div class="panel-body">
        <Body {...props} loaded={loaded} />
      </div>
    </section>
  );
}

/** Where the panel leads, as far as this site has it. */
function useLinks({ panel, variables, view }: Pick<PanelProps, 'panel' | 'variables' | 'view'>) {
  const site = useSite();
  return panel.links.flatMap((link) => {
    const url = filledIn(link, { variables, range: view.range });
    const place = url === undefined ? undefined : placeOf(url);
    const target = place && site.addressOf(place);
    return target === undefined ? [] : [{ title: link.title, target }];
  });
}

function PanelHead({ panel, large, variables, view }: PanelProps) {
  const site = useSite();
  const here = usePlace();
  const address = site.addressOf(changed(here, { viewPanel: large ? undefined : String(panel.id) }));
  const links = useLinks({ panel, variables, view });
  return (
    <header class="panel-head">
      <h2>
        <To
          address={address}
          title={panel.description}
          label={`${panel.title}: ${large ? 'back to the dashboard' : 'open large'}`}
        >
          {panel.title}
        </To>
      </h2>
      {links.length > 0 && (
        <span class="panel-links">
          {links.map(({ title, target }) => (
            <a class="aside" key={title} href={target} title={title} aria-label={title}>
              ↗
            </a>
          ))}
        </span>
      )}
    </header>
  );
}

function Body({ panel, variables, marks, loaded }: PanelProps & { loaded: Loaded }) {
  if (panel.unsupported.length > 0)
    return (
      <div class="message" role="note">
        <strong>This preview can't draw this panel.</strong> {panel.unsupported.join(' ')}
      </div>
    );
  if (panel.kind === 'text') return <Markdown text={panel.content} />;
  if (panel.kind === undefined || panel.kind === 'row') return null;
  const Draw = drawnBy[panel.kind];
  switch (loaded.state) {
    case 'loading':
      return (
        <div class="message quiet">
          <span class="pulse" /> Loading
        </div>
      );
    case 'error':
      return (
        <div class="message error" role="alert">
          {loaded.sentence}
        </div>
      );
    case 'empty':
      return <div class="message quiet">{panel.noValue}</div>;
    case 'drawn':
      return (
        <Draw
          panel={panel}
          answers={loaded.answers}
          range={loaded.view.range}
          variables={variables}
          marks={marks}
        />
      );
  }
}

/** The description of a panel, and its queries. */
export function PanelAbout({ panel, variables, view }: Pick<PanelProps, 'panel' | 'variables' | 'view'>) {
  const links = useLinks({ panel, variables, view });
  const [answers, setAnswers] = useState<readonly Answer[]>([]);
  useEffect(() => {
    askPanel(panel, variables, view).then(setAnswers, () => setAnswers([]));
  }, [panel, variables, view]);
  return (
    <div class="about">
      <p>{panel.description}</p>
      <ul>
        {links.map(({ title, target }) => (
          <li key={title}>
            <a href={target}>{title}</a>
          </li>
        ))}
      </ul>
      <dl>
        {panel.queries.map(({ refId, expr }) => {
          const answer = answers.find(({ query }) => query.refId === refId);
          return (
            <Fragment key={refId}>
              <dt>
                Query {refId}
                {answer && (
                  <span class="muted">
                    {' '}
                    · {answer.series.length} series, a point every {answer.step / 1000} s
                  </span>
                )}
              </dt>
              <dd>
                <pre>{answer?.expr ?? expr}</pre>
              </dd>
            </Fragment>
          );
        })}
      </dl>
    </div>
  );
}
