/** Dark or light: as the system has it, until the reader chooses. */
import { useEffect, useState } from 'preact/hooks';

export type Theme = 'dark' | 'light';

const key = 'sightline-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

function chosen(): Theme | undefined {
  // A page of a file may have no storage.
  try {
    const theme = localStorage.getItem(key);
    return theme === 'dark' || theme === 'light' ? theme : undefined;
  } catch {
    return undefined;
  }
}

const current = (): Theme => chosen() ?? (system.matches ? 'dark' : 'light');
const listeners = new Set<() => void>();

function apply(): void {
  document.documentElement.dataset['theme'] = current();
  for (const listener of listeners) listener();
}

system.addEventListener('change', apply);
apply();

export function choose(theme: Theme): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // It then lasts as long as the page.
  }
  document.documentElement.dataset['theme'] = theme;
  for (const listener of listeners) listener();
}

/** The theme that is shown: what draws on a canvas draws again when it changes. */
export function useTheme(): Theme {
  const shown = () => (document.documentElement.dataset['theme'] === 'light' ? 'light' : 'dark');
  const [theme, setTheme] = useState<Theme>(shown);
  useEffect(() => {
    const listener = () => setTheme(shown());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return theme;
}
