import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

interface ScrollProps {
  readonly class: string;
  /** A name of the content for those who do not see it. */
  readonly label: string;
  readonly children: ComponentChildren;
}

/** A part that scrolls when it has more than it has room for. Only then the keyboard stops at it. */
export function Scroll({ class: className, label, children }: ScrollProps) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const look = () => {
      const isFull = current.scrollHeight > current.clientHeight || current.scrollWidth > current.clientWidth;
      for (const [name, value] of [
        ['tabindex', '0'],
        ['role', 'group'],
        ['aria-label', label],
      ] as const)
        if (isFull) current.setAttribute(name, value);
        else current.removeAttribute(name);
    };
    const observer = new ResizeObserver(look);
    observer.observe(current);
    look();
    return () => observer.disconnect();
  }, [label, children]);
  return (
    <div class={className} ref={element}>
      {children}
    </div>
  );
}
