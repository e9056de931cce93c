import type { ComponentChildren } from 'preact';
import { changed, usePlace, useSite } from './site.ts';
import { choose, useTheme } from './theme.ts';
import { To } from './to.tsx';
import './visible-text.ts';

export interface NavigationEntry {
  readonly path: string;
  readonly title: string;
}

/** Kept from one dashboard to the next, as Grafana's links do. */
const kept = ['from', 'to', 'refresh', 'var-job', 'var-instance'];

interface ShellProps {
  readonly label: string;
  readonly navigation: readonly NavigationEntry[];
  readonly children: ComponentChildren;
}

export function Shell({ label, navigation, children }: ShellProps) {
  const site = useSite();
  const here = usePlace();
  const theme = useTheme();
  const parameters = new URLSearchParams([...here.parameters].filter(([name]) => kept.includes(name)));
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <div class="brand">
          <strong>Sightline</strong>
          <span class="badge">{label}</span>
        </div>
        <nav aria-label="Pages">
          {navigation.map(({ path, title }) => (
            <To
              class="tab"
              key={path}
              address={site.addressOf(
                changed(
                  { path, parameters: path.startsWith('/d/') ? parameters : new URLSearchParams() },
                  {},
                ),
              )}
              current={here.path === path}
            >
              {title}
            </To>
          ))}
        </nav>
        <button
          type="button"
          class="plain"
          onClick={() => choose(theme === 'dark' ? 'light' : 'dark')}
          title="Dark or light"
        >
          {theme === 'dark' ? 'Light' : 'Dark'}
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}
