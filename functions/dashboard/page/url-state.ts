import { useEffect, useState } from 'preact/hooks';

/** What the page shows: all of it is in the address, so that a copied link shows the same and "back" works. */
export interface UrlState {
  /** Decoded, without the empty ones: `['p', 'my-forms', 'adoption']`. */
  parts: string[];
  query: URLSearchParams;
}

export function readUrl(): UrlState {
  const parts = location.pathname.split('/').filter((part) => part !== '');
  return { parts: parts.map(decoded), query: new URLSearchParams(location.search) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const CHANGED = 'sitebeat:url';

/** Goes to a page of ours. `replace` leaves no step for "back": for what is typed. */
export function navigate(href: string, { replace = false } = {}): void {
  const path = location.pathname;
  if (replace) history.replaceState(null, '', href);
  else history.pushState(null, '', href);
  dispatchEvent(new Event(CHANGED));
  if (location.pathname === path) return;
  scrollTo(0, 0);
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
}

export function useUrl(): UrlState {
  const [url, setUrl] = useState(readUrl);
  useEffect(() => {
    const read = () => setUrl(readUrl());
    addEventListener('popstate', read);
    addEventListener(CHANGED, read);
    return () => {
      removeEventListener('popstate', read);
      removeEventListener(CHANGED, read);
    };
  }, []);
  return url;
}

/** Links within the page load nothing anew. */
export function useLinks(): void {
  useEffect(() => {
    const follow = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest?.('a');
      if (!link || event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const isOurs = link.origin === location.origin && !link.pathname.startsWith('/api/');
      if (!isOurs || link.target !== '' || link.hasAttribute('download') || link.hash !== '') return;
      event.preventDefault();
      navigate(link.pathname + link.search);
    };
    addEventListener('click', follow);
    return () => removeEventListener('click', follow);
  }, []);
}

/** The present address with some parameters changed; null takes one away. */
export function hrefWith(changes: Record<string, string | null>): string {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return text === '' ? location.pathname : `${location.pathname}?${text}`;
}

/** A parameter that is a list, without or with one value more. */
export function toggled(query: URLSearchParams, name: string, value: string): string {
  const values = listOf(query, name);
  return (values.includes(value) ? values.filter((one) => one !== value) : [...values, value]).join(',');
}

export function listOf(query: URLSearchParams, name: string): string[] {
  return (query.get(name) ?? '').split(',').filter((value) => value !== '');
}

/** What every page of a project keeps when another one is opened. */
const KEPT = ['period', 'compare'];

/** A page of a project, at the same period. */
export function projectHref(slug: string, page = '', query: Record<string, string> = {}): string {
  const kept = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(location.search)) if (KEPT.includes(name)) kept.set(name, value);
  for (const [name, value] of Object.entries(query)) kept.set(name, value);
  const path = `/p/${encodeURIComponent(slug)}${page === '' ? '' : `/${page}`}`;
  const text = kept.toString();
  return text === '' ? path : `${path}?${text}`;
}
