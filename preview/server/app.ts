/** The live preview as a Koa application: a short table of what it answers. It reads, and changes nothing anywhere. */
import { createHash } from 'node:crypto';
import { pages as runbooks, textOf as runbookText } from '@sightline/alerts/runbooks.ts';
import { placeholders, searches } from '@sightline/logging/kibana/searches.ts';
import Koa, { type Context } from 'koa';
import type { Bundle } from '../build.ts';
import type { SiteFacts } from '../model/live.ts';
import type { DashboardFile } from '../record.ts';
import { liveAlerts } from './alerts.ts';
import { jsonOf } from './body.ts';
import { guard, refusals } from './guard.ts';
import { logHandler } from './logs.ts';
import { labelValues, queryHandler } from './queries.ts';
import { Refusal } from './refusal.ts';

export interface PageDependencies {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly elasticsearchUrl: string;
  /** Between two scrapes, in milliseconds. */
  readonly scrapeMs: number;
  /** Until an upstream is too slow, in milliseconds. */
  readonly timeoutMs: number;
  readonly dashboards: readonly DashboardFile[];
  readonly bundle: Bundle;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly answer: (ctx: Context, named: Readonly<Record<string, string>>) => unknown;
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

export function buildPage(dependencies: PageDependencies): Koa {
  const { prometheusUrl, alertmanagerUrl, elasticsearchUrl, scrapeMs, timeoutMs, dashboards, bundle } =
    dependencies;
  const prometheus = { name: 'Prometheus', url: prometheusUrl };
  const alertmanager = { name: 'Alertmanager', url: alertmanagerUrl };
  const askQueries = queryHandler(prometheus, timeoutMs);
  const searchLogs = logHandler(elasticsearchUrl, timeoutMs);
  const facts: SiteFacts = {
    dashboards: dashboards.map(({ uid, title }) => ({ uid, title })),
    scrapeMs,
    searches: searches.map(({ id, title, description, query }) => {
      const placeholder = Object.values(placeholders).find((one) => query.includes(one));
      return { id, title, description, query, ...(placeholder !== undefined && { placeholder }) };
    }),
  };
  const [script, style] = [`/assets/${hashOf(bundle.script)}.js`, `/assets/${hashOf(bundle.style)}.css`];
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sightline: live preview</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${style}">
<script src="${script}" defer></script>
</head>
<body>
<div id="page"><noscript>This preview is drawn by a script. The numbers are in Prometheus: ${prometheusUrl}/api/v1/query?query=up</noscript></div>
</body>
</html>
`;
  const asset = (type: string, text: string) => (ctx: Context) => {
    ctx.type = type;
    // Its name changes with what is in it.
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
    return text;
  };
  const shell = (ctx: Context) => {
    ctx.type = 'html';
    return html;
  };
  const known = <Thing>(found: Thing | undefined, what: string, names: readonly string[]): Thing => {
    if (found === undefined) throw new Refusal(404, `There is no ${what}. There are: ${names.join(', ')}.`);
    return found;
  };
  const dashboardOf = (uid = '') =>
    known(
      dashboards.find((one) => one.uid === uid),
      `dashboard "${uid}"`,
      dashboards.map((one) => one.uid),
    );
  const runbookOf = (name = '') =>
    known(
      runbooks.find((one) => one === name),
      `runbook "${name}"`,
      runbooks,
    );

  const routes: readonly Route[] = [
    { method: 'GET', path: /^\/$/, answer: (ctx) => ctx.redirect(`/d/${dashboards[0]?.uid ?? ''}`) },
    { method: 'GET', path: /^\/health$/, answer: () => ({ status: 'ok' }) },
    {
      method: 'GET',
      path: /^\/d\/(?<uid>[\w-]+)(?:\/[\w-]*)?$/,
      answer: (ctx, { uid }) => dashboardOf(uid) && shell(ctx),
    },
    { method: 'GET', path: /^\/alerts$/, answer: shell },
    { method: 'GET', path: /^\/logs$/, answer: shell },
    {
      method: 'GET',
      path: /^\/runbooks\/(?<name>\w+)\.md$/,
      answer: (ctx, { name }) => runbookOf(name) && shell(ctx),
    },
    { method: 'GET', path: new RegExp(`^${RegExp.escape(script)}$`), answer: asset('js', bundle.script) },
    { method: 'GET', path: new RegExp(`^${RegExp.escape(style)}$`), answer: asset('css', bundle.style) },
    { method: 'GET', path: /^\/api\/site$/, answer: () => facts },
    {
      method: 'GET',
      path: /^\/api\/dashboards\/(?<uid>[\w-]+)$/,
      answer: (_, { uid }) => dashboardOf(uid).json,
    },
    {
      method: 'GET',
      path: /^\/api\/runbooks\/(?<name>\w+)$/,
      answer: (_, { name }) => ({ text: runbookText(runbookOf(name)) }),
    },
    {
      method: 'GET',
      path: /^\/api\/alerts$/,
      answer: () => liveAlerts({ prometheus, alertmanager }, timeoutMs),
    },
    {
      method: 'GET',
      path: /^\/api\/labels$/,
      answer: (ctx) => labelValues(prometheus, new URLSearchParams(ctx.querystring), timeoutMs),
    },
    { method: 'POST', path: /^\/api\/queries$/, answer: async ({ req }) => askQueries(await jsonOf(req)) },
    { method: 'POST', path: /^\/api\/logs$/, answer: async ({ req }) => searchLogs(await jsonOf(req)) },
  ];

  const app = new Koa();
  app.silent = true;
  app.use(refusals);
  app.use(guard);
  app.use(async (ctx) => {
    const fitting = routes.filter(({ path }) => path.test(ctx.path));
    if (fitting.length === 0)
      throw new Refusal(
        404,
        `There is nothing at ${ctx.path}. Begin at / for the dashboards, /alerts or /logs.`,
      );
    const method = ctx.method === 'HEAD' ? 'GET' : ctx.method;
    const route = fitting.find((one) => one.method === method);
    if (route === undefined) {
      const allowed = fitting.map((one) => one.method).join(', ');
      ctx.set('Allow', allowed);
      throw new Refusal(405, `${ctx.path} takes ${allowed}, and not ${ctx.method}.`);
    }
    const answer = await route.answer(ctx, route.path.exec(ctx.path)?.groups ?? {});
    if (answer !== undefined) ctx.body = answer;
  });
  return app;
}
