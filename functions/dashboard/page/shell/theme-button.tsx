import { prefer, THEMES, type Theme, usePreferences } from '../preferences.ts';

const NAMES: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };

export function ThemeButton() {
  const { theme } = usePreferences();
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme;
  const label = `Colours: ${NAMES[theme]}. Switch to ${NAMES[next]}`;
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={() => prefer({ theme: next })}>
      <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
        <circle cx="9" cy="9" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5" />
        {theme === 'system' && <path d="M9 2.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" />}
        {theme === 'dark' && <circle cx="9" cy="9" r="6" fill="currentColor" />}
      </svg>
    </button>
  );
}
