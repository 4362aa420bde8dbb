import { useCallback, useEffect, useState } from 'preact/hooks';
import type { ListAnswer } from '../api.ts';
import { ApiError, getJson } from './api-client.ts';
import { type Answered, useAnswer } from './use-answer.ts';

/** A list that is read page by page. */
export interface List<T> {
  /** Its first page. */
  first: Answered<ListAnswer<T>>;
  items: T[];
  /** Whether more may follow. */
  hasMore: boolean;
  /** false: the last page ended early, since as many documents as a page may were looked at. */
  isComplete: boolean;
  isLoadingMore: boolean;
  /** Of a further page. */
  error: ApiError | undefined;
  more: () => void;
}

interface Further<T> {
  of: ListAnswer<T> | undefined;
  items: T[];
  last: ListAnswer<T> | undefined;
  error?: ApiError;
}

export function useList<T>(href: string | undefined): List<T> {
  const first = useAnswer<ListAnswer<T>>(href);
  const [further, setFurther] = useState<Further<T>>({ of: undefined, items: [], last: undefined });
  const [isLoadingMore, setLoadingMore] = useState(false);
  // pages of another first one are not its continuation
  const own = further.of === first.data ? further : { of: first.data, items: [], last: undefined };
  const last = own.last ?? first.data;
  useEffect(() => setLoadingMore(false), [first.data]);
  const more = useCallback(() => {
    if (href === undefined || !last?.next || isLoadingMore) return;
    setLoadingMore(true);
    getJson<ListAnswer<T>>(`${href}${href.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(last.next)}`)
      .then(
        (page) => setFurther({ of: own.of, items: [...own.items, ...page.items], last: page }),
        (error: unknown) => {
          if (error instanceof ApiError) setFurther({ ...own, error });
        },
      )
      .finally(() => setLoadingMore(false));
  }, [href, last, own, isLoadingMore]);
  return {
    first,
    items: [...(first.data?.items ?? []), ...own.items],
    hasMore: last?.next != null,
    isComplete: last?.complete ?? true,
    isLoadingMore,
    error: own.error,
    more,
  };
}
