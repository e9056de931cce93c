import { type Dashboard, objectOf, readDashboard, textOf } from '@sightline/testkit/grafana/walk.ts';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Panel, panelsOf } from '../model/panel.ts';
import { marksOf, type OpenDashboard, openDashboard, type PageView } from '../model/panel-data.ts';
import { rangeOf, type TimeWords, timeWordsOf } from '../model/shown-time.ts';
import { dateAndClock, lasting } from './clock.ts';
import { Controls, refreshMs } from './controls.tsx';
import type { DrawProps } from './draw.ts';
import { PanelAbout, PanelView } from './panel-view.tsx';
import { changed, type Site, usePlace, useSite } from './site.ts';
import { To } from './to.tsx';

/** A dashboard file, read. */
interface File {
  readonly dashboard: Dashboard;
  readonly panels: readonly Panel[];
  readonly time: TimeWords;
  readonly refresh: string;
  readonly description: string;
}

async function fileOf(site: Site, uid: string): Promise<File> {
  const json = objectOf(await site.dashboard(uid));
  const { from, to } = objectOf(json['time']);
  return {
    dashboard: readDashboard(json, uid),
    panels: panelsOf(json),
    time: { from: textOf(from) || 'now-15m', to: textOf(to) || 'now' },
    refresh: textOf(json['refresh']),
    description: textOf(json['description']),
  };
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

export function DashboardPage({ uid }: { uid: string }) {
  const site = useSite();
  const [file, setFile] = useState<File>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    setFile(undefined);
    setProblem('');
    fileOf(site, uid).then(setFile, (error) => setProblem(message(error)));
  }, [site, uid]);
  if (problem !== '') return <Problem sentence={problem} />;
  return file === undefined ? (
    <p class="message quiet">Loading the dashboard</p>
  ) : (
    <Opened file={file} key={uid} />
  );
}

function Problem({ sentence }: { sentence: string }) {
  return (
    <div class="message error" role="alert">
      {sentence}
    </div>
  );
}

/** Changes of a few pixels are no reason to ask again. */
const widthStep = 200;
const widthNow = () => Math.max(1, Math.round(innerWidth / widthStep)) * widthStep;

function useWidth(): number {
  const [width, setWidth] = useState(widthNow);
  useEffect(() => {
    const resized = () => setWidth(widthNow());
    addEventListener('resize', resized);
    return () => removeEventListener('resize', resized);
  }, []);
  return width;
}

/** Counts up as often as a dashboard is to be refreshed, but not while nobody looks. */
function useTicks(everyMs: number | undefined): [ticks: number, now: () => void] {
  const [ticks, setTicks] = useState(0);
  const next = () => setTicks((count) => count + 1);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && next(), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return [ticks, next];
}

function Opened({ file }: { file: File }) {
  const site = useSite();
  const place = usePlace();
  const { parameters } = place;
  const words = timeWordsOf(parameters, file.time);
  const refresh = parameters.get('refresh') ?? file.refresh;
  const isMoving = site.recorded === undefined && words.to.startsWith('now');
  const [ticks, refreshNow] = useTicks(isMoving ? refreshMs(refresh) : undefined);
  const width = useWidth();
  const asked = [...parameters].filter(([name]) => name.startsWith('var-'));
  const wantedKey = JSON.stringify(asked);

  const [view, problem] = useMemo((): [PageView | undefined, string] => {
    try {
      const range = site.recorded?.range ?? rangeOf(words, Date.now());
      const own = { prometheus: site.prometheus, scrapeMs: site.scrapeMs };
      return [{ ...own, range, width: site.recorded?.width ?? width }, ''];
    } catch (error) {
      return [undefined, message(error)];
    }
  }, [site, words.from, words.to, width, ticks]);
  const [opened, setOpened] = useState<{ open: OpenDashboard; view: PageView; marks: DrawProps['marks'] }>();
  const [trouble, setTrouble] = useState('');

  useEffect(() => {
    if (view === undefined) return;
    let isCurrent = true;
    const wanted = Map.groupBy(asked, ([name]) => name.slice('var-'.length));
    openDashboard(
      file.dashboard,
      new Map([...wanted].map(([name, pairs]) => [name, pairs.map(([, value]) => value)])),
      view,
    ).then(
      (open) => {
        if (!isCurrent) return;
        setTrouble('');
        setOpened({ open, view, marks: [] });
        // Panels don't wait for them, and a dashboard without them is still one.
        marksOf(file.dashboard, open.variables, view).then(
          (marks) => isCurrent && marks.length > 0 && setOpened({ open, view, marks }),
          () => {},
        );
      },
      (error) => isCurrent && setTrouble(message(error)),
    );
    return () => {
      isCurrent = false;
    };
  }, [file, view, wantedKey]);

  const shown = Number(parameters.get('viewPanel'));
  const large = file.panels.find(({ id }) => id === shown);
  const back = site.addressOf(changed(place, { viewPanel: undefined }));
  useEffect(() => {
    if (large === undefined || back === undefined) return;
    const leave = (event: KeyboardEvent) => event.key === 'Escape' && site.go(back);
    addEventListener('keydown', leave);
    return () => removeEventListener('keydown', leave);
  }, [large, back]);

  return (
    <>
      <div class="title">
        <h1>{file.dashboard.title}</h1>
        {site.recorded && <RecordedTime range={site.recorded.range} />}
        {!site.recorded && (
          <Controls
            place={place}
            words={words}
            refresh={refresh}
            dashboard={file.dashboard}
            choices={opened?.open.choices}
            refreshNow={refreshNow}
          />
        )}
      </div>
      <p class="description">{file.description}</p>
      {problem !== '' && <Problem sentence={problem} />}
      {trouble !== '' && <Problem sentence={trouble} />}
      {large && (
        <p>
          <To address={back}>← All panels</To> <span class="muted">(Esc)</span>
        </p>
      )}
      {opened && (
        <div class={large ? 'grid one' : 'grid'}>
          {(large ? [large] : file.panels).map((panel) => (
            <PanelView
              key={panel.id}
              panel={panel}
              large={large !== undefined}
              view={opened.view}
              variables={opened.open.variables}
              marks={opened.marks}
            />
          ))}
        </div>
      )}
      {large && opened && <PanelAbout panel={large} view={opened.view} variables={opened.open.variables} />}
    </>
  );
}

function RecordedTime({ range }: { range: { from: number; to: number } }) {
  return (
    <p class="muted">
      {dateAndClock(range.from)} to {dateAndClock(range.to)} ({lasting(range.to - range.from)})
    </p>
  );
}
