import { useEffect } from 'preact/hooks';
import { COMPARES, neighbourPeriod, PERIODS, readPeriod } from '../period.ts';
import { preferences } from '../preferences.ts';
import { hrefWith, navigate, projectHref, readUrl } from '../url-state.ts';

/** Single letters as commands, outside of fields. */
export function useLetterKeys(onHelp: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (!preferences().letterKeys || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if ((event.target as Element).closest('input, select, textarea, dialog')) return;
      if (!obey(event.key, onHelp)) return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [onHelp]);
}

/** Whether the key is a command. */
function obey(key: string, onHelp: () => void): boolean {
  const { parts, query } = readUrl();
  const slug = parts[0] === 'p' ? parts[1] : undefined;
  if (key === '?') onHelp();
  else if (slug === undefined) return false;
  else if (key === '[' || key === ']') choosePeriod(query, key === '[' ? -1 : 1);
  else if (key === 'x') chooseCompare(query);
  else if (key === 't') navigate(hrefWith({ tables: query.get('tables') === 'all' ? null : 'all' }), { replace: true });
  else if (key === '/') toSearch(slug);
  else return false;
  return true;
}

function choosePeriod(query: URLSearchParams, step: 1 | -1): void {
  const id = neighbourPeriod(readPeriod(query), step);
  navigate(hrefWith({ period: id === PERIODS[0].id ? null : id }));
}

function chooseCompare(query: URLSearchParams): void {
  const ids = COMPARES.map(({ id }) => id);
  const next = ids[(ids.indexOf(readPeriod(query).compare) + 1) % ids.length] as string;
  navigate(hrefWith({ compare: next === ids[0] ? null : next }));
}

function toSearch(slug: string): void {
  const field = () => document.querySelector<HTMLElement>('#search');
  if (field() === null) navigate(projectHref(slug, 'sites'));
  requestAnimationFrame(() => field()?.focus());
}
