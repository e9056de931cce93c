/** The part of Markdown that runbooks use: headings, paragraphs, lists, code, tables, bold, links. As text, never as HTML. */
import type { ComponentChildren } from 'preact';

/** `**bold**`, `` `code` ``, `[text](https://…)`; a link into the checkout leads nowhere here, and is its text. */
const inline = /\*\*(.+?)\*\*|`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)/g;

function inlineOf(text: string): ComponentChildren[] {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(inline)) {
    parts.push(text.slice(end, match.index));
    const [all, bold, code, label, address = ''] = match;
    if (bold !== undefined) parts.push(<strong>{bold}</strong>);
    else if (code !== undefined) parts.push(<code>{code}</code>);
    else if (/^https?:\/\//.test(address)) parts.push(<a href={address}>{label}</a>);
    else parts.push(label);
    end = match.index + all.length;
  }
  return [...parts, text.slice(end)];
}

/** Blocks are parted by blank lines, but for code. */
function blocksOf(text: string): readonly string[] {
  return text
    .split(/(^```[\s\S]*?^```$)/m)
    .flatMap((part) => (part.startsWith('```') ? [part] : part.split(/\n\s*\n/)));
}

function Block({ text }: { text: string }) {
  const heading = /^(#{1,4}) (.*)$/.exec(text);
  if (heading !== null) {
    // The page has a heading of the first level of its own.
    const Heading = (heading[1]?.length ?? 0) <= 2 ? 'h2' : 'h3';
    return <Heading>{inlineOf(heading[2] ?? '')}</Heading>;
  }
  if (text.startsWith('```'))
    return (
      <pre>
        <code>{text.replace(/^```.*\n/, '').replace(/\n```$/, '')}</code>
      </pre>
    );
  if (/^[-*] /.test(text))
    return (
      <ul>
        {text
          .split(/^[-*] /m)
          .flatMap((item, index) =>
            item.trim() === '' ? [] : [<li key={index}>{inlineOf(item.trim())}</li>],
          )}
      </ul>
    );
  return <p>{inlineOf(text)}</p>;
}

export function Markdown({ text }: { text: string }) {
  return (
    <div class="markdown">
      {blocksOf(text)
        .map((block) => block.trim())
        .filter((block) => block !== '')
        .map((block, index) => (
          <Block key={index} text={block} />
        ))}
    </div>
  );
}
