import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Problem, type ProblemType, problemTypes } from '../http/problem.ts';
import { type Route, route } from '../http/route.ts';
import { answerPage, escapeHtml, htmlPage } from './page.ts';

const style =
  'body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}' +
  'code{background:#eee;padding:.1em .3em}dt{font-weight:600;margin-top:1rem}';
/** The one style sheet of these pages is allowed by what it says. */
const styleSource = `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`;

const page = (title: string, body: string) => htmlPage(title, `<style>${style}</style>`, body);

/** Text with `code` in backticks, as markup. */
const markUp = (text: string) => escapeHtml(text).replace(/`([^`]*)`/g, '<code>$1</code>');

const isProblemType = (type: string): type is ProblemType => Object.hasOwn(problemTypes, type);

function indexPage(): string {
  const entries = Object.entries(problemTypes).map(
    ([type, { status, title }]) =>
      `<dt><a href="${type}">${type}</a> (${status})</dt>\n<dd>${escapeHtml(title)}.</dd>`,
  );
  return page(
    'Problems',
    `<h1>Problems</h1>
<p>Every error this API answers with. The last part of a problem document’s <code>type</code> is its name here.</p>
<dl>
${entries.join('\n')}
</dl>`,
  );
}

function typePage(type: ProblemType): string {
  const { status, title, meaning } = problemTypes[type];
  return page(
    title,
    `<h1>${escapeHtml(title)}</h1>
<p><code>/problems/${type}</code>, status ${status}</p>
<p>${markUp(meaning)}</p>
<p><a href="./">All problems</a></p>`,
  );
}

/** The pages that the `type` of a problem document points at. */
export function problemPageRoutes(): Route[] {
  return [
    route({
      method: 'get',
      path: '/problems/',
      operation: 'showProblems',
      summary: 'List the problems',
      authentication: 'none',
      page: true,
      answers: { 200: { description: 'The page' } },
      handler({ ctx }) {
        answerPage(ctx, indexPage(), styleSource);
      },
    }),
    route({
      method: 'get',
      path: '/problems/:type',
      operation: 'showProblem',
      summary: 'Explain a problem',
      authentication: 'none',
      page: true,
      params: z.strictObject({ type: z.string() }),
      answers: { 200: { description: 'The page' } },
      problems: ['not-found'],
      handler({ params: { type }, ctx }) {
        if (!isProblemType(type)) throw new Problem('not-found', 'No problem has this type.');
        answerPage(ctx, typePage(type), styleSource);
      },
    }),
  ];
}
