import { formatCount } from '../format.ts';
import type { List } from '../use-list.ts';
import { Failure } from './panel.tsx';

function allOf(count: number): string {
  if (count === 0) return '';
  return count === 1 ? 'This is the only one.' : `These are all ${formatCount(count)} of them.`;
}

/** Goes on with a list; says so when a page ended before it was full. */
export function LoadMore<T>({ list, what }: { list: List<T>; what: string }) {
  const { hasMore, isComplete, isLoadingMore, error, more, items } = list;
  return (
    <div class="row after no-print">
      {error && <Failure error={error} what={`More ${what}`} retry={more} />}
      {hasMore ? (
        <>
          <button type="button" class="button" onClick={more} aria-busy={isLoadingMore}>
            {isLoadingMore ? 'Loading …' : `More ${what}`}
          </button>
          {!isComplete && (
            <span class="small soft">5,000 were looked at for this page; more may match further on.</span>
          )}
        </>
      ) : (
        <span class="small soft">{allOf(items.length)}</span>
      )}
    </div>
  );
}
