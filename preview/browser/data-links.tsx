import { filledIn, type LinkContext, placeOf } from '../model/links.ts';
import type { Link } from '../model/panel.ts';
import { useSite } from './site.ts';

interface DataLinksProps {
  readonly links: readonly Link[];
  readonly context: LinkContext;
  /** The text that is shown; the link's title where it is missing. */
  readonly text?: string;
}

/** Links of a line or a cell to where this site has what they mean; the text alone where it hasn't. */
export function DataLinks({ links, context, text }: DataLinksProps) {
  const site = useSite();
  const found = links.flatMap((link) => {
    const url = filledIn(link, context);
    const place = url === undefined ? undefined : placeOf(url);
    const address = place && site.addressOf(place);
    return address === undefined ? [] : [{ title: link.title, address }];
  });
  if (found.length === 0) return text === undefined ? null : <span>{text}</span>;
  return (
    <>
      {found.map(({ title, address }) => (
        <a
          class={text === undefined ? 'aside' : ''}
          key={address}
          href={address}
          title={title}
          aria-label={text === undefined ? title : `${text}: ${title}`}
        >
          {text ?? '↗'}
        </a>
      ))}
    </>
  );
}
