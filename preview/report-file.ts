/** `report/index.html`: the report as one file that needs nothing else, not even a network. */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readIfExists, replaceFile } from '@sightline/servers/atomic-file.ts';
import { bundle } from './build.ts';
import type { RecordedDashboards, ReportData } from './model/report.ts';
import { allOfReport, writeReport } from './report.ts';

const fileIn = (stackDirectory: string) => join(stackDirectory, 'report', 'index.html');
const recordingIn = (stackDirectory: string) => join(stackDirectory, 'report', 'dashboards.json');

/** Keeps what was recorded for the pages that are written from now on. Throws the file system's error. */
export function keepDashboards(stackDirectory: string, dashboards: RecordedDashboards): void {
  const file = recordingIn(stackDirectory);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, JSON.stringify(dashboards), 0o644);
}

/**
 * Writes the page from what the commands have found so far. Returns its path.
 * @throws the file system's error, or esbuild's
 */
export async function writePage(stackDirectory: string): Promise<string> {
  const file = fileIn(stackDirectory);
  mkdirSync(dirname(file), { recursive: true });
  const html = await pageOf({
    report: allOfReport(stackDirectory),
    dashboards: keptDashboards(stackDirectory),
    writtenAt: new Date().toISOString(),
  });
  replaceFile(file, html, 0o644);
  return file;
}

/**
 * Takes over what `make verify` found of another stack, with its dashboards and pictures. Returns the page's path.
 * @throws as `writePage` does
 */
export function adoptReport(from: string, to: string): Promise<string> {
  const { run, checks, reconciliation, panels } = allOfReport(from);
  writeReport(to, { run, checks, reconciliation, panels });
  const dashboards = keptDashboards(from);
  if (dashboards !== undefined) keepDashboards(to, dashboards);
  const folder = join(from, 'report');
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.png')))
    copyFileSync(join(folder, file), join(to, 'report', file));
  return writePage(to);
}

function keptDashboards(stackDirectory: string): RecordedDashboards | undefined {
  try {
    const text = readIfExists(recordingIn(stackDirectory));
    return text === undefined ? undefined : (JSON.parse(text) as RecordedDashboards);
  } catch {
    // Cut off by a full disk: the results are worth a page without it.
    return undefined;
  }
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Whatever the data hold, they can't end the element that they are in. */
const inScript = (json: string) => json.replaceAll('<', '\\u003c');

/** The page of a report. It may run its own script and fetch nothing. */
export async function pageOf(data: ReportData): Promise<string> {
  const { script, style } = await bundle('report');
  // In the text of a script only this ends it, and in that of a style the same.
  const [code, css] = [script.replaceAll('</script', '<\\/script'), style.replaceAll('</style', '<\\/style')];
  const policy = `default-src 'none'; script-src ${hashOf(code)}; style-src ${hashOf(css)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sightline: report</title>
<style>${css}</style>
</head>
<body>
<div id="page"><noscript>This report is drawn by a script, which is in this file and sends nothing.</noscript></div>
<script type="application/json" id="data">${inScript(JSON.stringify(data))}</script>
<script>${code}</script>
</body>
</html>
`;
}
