import { useEffect, useState } from 'preact/hooks';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** What is of this browser and not of what is shown, and so not in the address. */
export interface Preferences {
  theme: Theme;
  /** Whether single letters are commands. */
  letterKeys: boolean;
}

const KEY = 'sitebeat';
const USUAL: Preferences = { theme: 'system', letterKeys: true };

let current = read();
const listeners = new Set<(now: Preferences) => void>();

function read(): Preferences {
  try {
    const { theme, letterKeys } = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return {
      theme: THEMES.includes(theme) ? theme : USUAL.theme,
      letterKeys: typeof letterKeys === 'boolean' ? letterKeys : USUAL.letterKeys,
    };
  } catch {
    return USUAL;
  }
}

export function prefer(changes: Partial<Preferences>): void {
  current = { ...current, ...changes };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // a browser that keeps nothing: until the page is closed, then
  }
  applyTheme();
  for (const tell of listeners) tell(current);
}

export function applyTheme(): void {
  const { dataset } = document.documentElement;
  if (current.theme === 'system') delete dataset.theme;
  else dataset.theme = current.theme;
}

export const preferences = (): Preferences => current;

export function usePreferences(): Preferences {
  const [now, setNow] = useState(current);
  useEffect(() => {
    listeners.add(setNow);
    return () => {
      listeners.delete(setNow);
    };
  }, []);
  return now;
}
