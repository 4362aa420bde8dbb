import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getJson } from './api-client.ts';
import { generationOf, newestGeneration, noteGeneration, onGeneration } from './generations.ts';

/** What a panel knows of its answer. */
export interface Answered<T> {
  /** The newest there is: the one of before, while a new one of the same kind is loading. */
  data: T | undefined;
  error: ApiError | undefined;
  /** It takes longer than a moment. */
  isSlow: boolean;
  retry: () => void;
}

const MOMENT_MS = 300;

interface State<T> {
  of?: string;
  data?: T;
  error?: ApiError;
  errorOf?: string;
}

/** Asks the API whenever the address changes, and once more when a newer rebuild is seen elsewhere; undefined asks nothing. */
export function useAnswer<T>(href: string | undefined): Answered<T> {
  const [state, setState] = useState<State<T>>({});
  const [isSlow, setSlow] = useState(false);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (href === undefined) return;
    const abort = new AbortController();
    const timer = setTimeout(() => setSlow(true), MOMENT_MS);
    getJson<T>(href, { signal: abort.signal, isFresh: attempt > 0 })
      .then(
        (data) => {
          setState({ data, of: href });
          const generation = generationOf(data);
          if (generation !== undefined) noteGeneration(href, generation);
        },
        (error: unknown) => {
          if (error instanceof ApiError) setState((before) => ({ ...before, error, errorOf: href }));
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
  useNewerGeneration(state, retry);
  const isSameKind = state.of !== undefined && href !== undefined && pathOf(state.of) === pathOf(href);
  return {
    data: isSameKind ? state.data : undefined,
    error: state.errorOf === href ? state.error : undefined,
    isSlow,
    retry,
  };
}

function useNewerGeneration<T>({ of, data }: State<T>, retry: () => void): void {
  const askedFor = useRef(0);
  useEffect(() => {
    const generation = generationOf(data);
    if (of === undefined || generation === undefined) return;
    const check = () => {
      const newest = newestGeneration(of);
      if (generation >= newest || askedFor.current >= newest) return;
      askedFor.current = newest;
      retry();
    };
    check();
    return onGeneration(check);
  }, [of, data, retry]);
}

const pathOf = (href: string): string => href.split('?', 1)[0] as string;
