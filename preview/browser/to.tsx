import type { ComponentChildren } from 'preact';

interface ToProps {
  /** Undefined where this site has no such place: there is then only the text. */
  readonly address: string | undefined;
  readonly class?: string;
  readonly title?: string;
  /** For whoever does not see it, where the text says too little. */
  readonly label?: string;
  readonly current?: boolean;
  readonly children: ComponentChildren;
}

/** A link to a place of this site. */
export function To({
  address,
  class: className = '',
  title = '',
  label,
  current = false,
  children,
}: ToProps) {
  if (address === undefined) return <span class={className}>{children}</span>;
  return (
    <a
      class={className}
      href={address}
      title={title}
      {...(label !== undefined && { 'aria-label': label })}
      {...(current && { 'aria-current': 'page' as const })}
    >
      {children}
    </a>
  );
}
