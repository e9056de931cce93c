import type { Context } from 'koa';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/**
 * An HTML document.
 * @param title text; escaped here
 * @param head and body are markup
 */
export function htmlPage(title: string, head: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
${head}
</head>
<body>
${body}
</body>
</html>
`;
}

/**
 * Directives of every page's policy, beside what it may load: it has no forms to send, no base, and stands in
 * no frame.
 */
const alwaysForbidden = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * Answers with a page.
 * @param sources what the page may load, as directives of Content-Security-Policy; nothing else is
 */
export function answerPage(ctx: Context, html: string, sources: string): void {
  ctx.type = 'text/html';
  ctx.body = html;
  ctx.set({ 'Content-Security-Policy': `${alwaysForbidden}; ${sources}`, 'Cache-Control': 'no-cache' });
}
