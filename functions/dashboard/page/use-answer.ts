import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, getJson } from './api-client.ts';

/** What a panel knows of its answer. */
export interface Answered<T> {
  /** The newest there is: the one of before, while a new one is loading. */
  data: T | undefined;
  error: ApiError | undefined;
  /** It takes longer than a moment. */
  isSlow: boolean;
  retry: () => void;
}

const MOMENT_MS = 300;

/** Asks the API whenever the address changes; undefined asks nothing. */
export function useAnswer<T>(href: string | undefined): Answered<T> {
  const [state, setState] = useState<{ data?: T; error?: ApiError; of?: string }>({});
  const [isSlow, setSlow] = useState(false);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (href === undefined) return;
    const abort = new AbortController();
    const timer = setTimeout(() => setSlow(true), MOMENT_MS);
    getJson<T>(href, abort.signal)
      .then(
        (data) => setState({ data, of: href }),
        (error: unknown) => {
          if (error instanceof ApiError) setState((before) => ({ ...before, error }));
        },
      )
      .finally(() => {
        clearTimeout(timer);
        if (!abort.signal.aborted) setSlow(false);
      });
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [href, attempt]);
  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  return { data: state.data, error: state.error, isSlow, retry };
}
