import { invalid } from './errors.ts';
import type { StoredObject } from './model.ts';
import { keyOf, type Store } from './store.ts';

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
  objects: StoredObject[];
  /** Names up to and with the delimiter, each once. */
  prefixes: string[];
  nextPageToken?: string;
}

/** One page; a page costs its own length only, however large the bucket is and however many names share a prefix. */
export function listPage({ objects }: Pick<Store, 'objects'>, bucket: string, query: ListQuery): Page {
  const { prefix = '', delimiter = '', startOffset = '', endOffset, maxResults = MAX_PAGE } = query;
  const max = Math.min(maxResults, MAX_PAGE) || MAX_PAGE;
  const page: Page = { objects: [], prefixes: [] };
  const key = (name: string) => keyOf(bucket, name);
  const ends = [afterAll(key(prefix)), ...(endOffset === undefined ? [] : [key(endOffset)])];
  const upper = ends.reduce((a, b) => (compare(a, b) < 0 ? a : b));
  const starts = [prefix, startOffset, readToken(query.pageToken)].map(key);
  let lower = starts.reduce((a, b) => (compare(a, b) > 0 ? a : b));
  for (let more = compare(lower, upper) < 0; more; ) {
    more = false;
    for (const [at, object] of objects.entries({ lower, upper })) {
      const { name } = object;
      if (page.objects.length + page.prefixes.length >= max) {
        return { ...page, nextPageToken: writeToken(name) };
      }
      const cut = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
      const group = cut === -1 ? undefined : name.slice(0, cut + delimiter.length);
      if (group === undefined || (query.includeTrailingDelimiter && group === name)) page.objects.push(object);
      if (group === undefined) continue;
      page.prefixes.push(group);
      lower = afterAll(key(group));
      more = compare(at, upper) < 0 && compare(lower, upper) < 0;
      break;
    }
  }
  return page;
}

/** The order of UTF-8 bytes, which UTF-16 does not have. */
const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The first text, in the order of code points, that is beyond all that begin with this one. */
function afterAll(prefix: string): string {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    // the surrogates between these two are no characters
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    if (next <= 0x10ffff) return points.join('') + String.fromCodePoint(next);
  }
  throw new Error('nothing is beyond the last character');
}

/** Where the next page begins: a name, which may have been deleted by then. */
function writeToken(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function readToken(token: string | undefined): string {
  if (token === undefined) return '';
  if (!/^[\w-]+$/.test(token)) throw invalid('Invalid page token.');
  return Buffer.from(token, 'base64url').toString('utf8');
}
