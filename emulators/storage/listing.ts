import { invalid } from './errors.ts';
import type { SortedKeys } from './sorted-keys.ts';
import { nameOf, sortKey } from './state.ts';

/** The most that one page may hold, and what it holds unless told. */
export const MAX_PAGE = 1000;

/** What to list; names in UTF-8 byte order, `startOffset` included, `endOffset` not. */
export interface ListQuery {
  prefix?: string;
  delimiter?: string;
  startOffset?: string;
  endOffset?: string;
  /** Also list names that end in their only delimiter, beside the prefix that they make. */
  includeTrailingDelimiter?: boolean;
  maxResults?: number;
  pageToken?: string;
}

export interface Page {
  /** Keys of the objects. */
  keys: string[];
  /** Names up to and with the delimiter, each once. */
  prefixes: string[];
  nextPageToken?: string;
}

/** One page; a page costs its own length only, however large the bucket is and however many names share a prefix. */
export function listPage(all: SortedKeys, query: ListQuery): Page {
  const prefix = sortKey(query.prefix ?? '');
  const delimiter = sortKey(query.delimiter ?? '');
  const end = query.endOffset === undefined ? undefined : sortKey(query.endOffset);
  const max = Math.min(query.maxResults ?? MAX_PAGE, MAX_PAGE) || MAX_PAGE;
  const page: Page = { keys: [], prefixes: [] };
  const starts = [prefix, sortKey(query.startOffset ?? ''), readToken(query.pageToken)];
  let seek = starts.reduce((a, b) => (a > b ? a : b));
  for (;;) {
    const key = all.first(seek);
    if (key === undefined || !key.startsWith(prefix) || (end !== undefined && key >= end)) return page;
    if (page.keys.length + page.prefixes.length >= max) return { ...page, nextPageToken: writeToken(seek) };
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const group = cut === -1 ? undefined : key.slice(0, cut + delimiter.length);
    if (group === undefined || (query.includeTrailingDelimiter && group === key)) page.keys.push(key);
    if (group === undefined) {
      seek = `${key}\0`;
    } else {
      page.prefixes.push(nameOf(group));
      // no UTF-8 byte is 0xff: past all that begins with it
      seek = `${group}\xff`;
    }
  }
}

function writeToken(seek: string): string {
  return Buffer.from(seek, 'latin1').toString('base64url');
}

function readToken(token: string | undefined): string {
  if (token === undefined) return '';
  if (!/^[\w-]+$/.test(token)) throw invalid('Invalid page token.');
  return Buffer.from(token, 'base64url').toString('latin1');
}
