import type { Share } from '../../../../shared/figures/intervals.ts';
import { formatCount, formatRange, formatShare } from '../format.ts';

/** A share with its range where it is of few; "–" where there is nothing to be a share of. */
export function ShareOf({ share, bases = true }: { share: Share; bases?: boolean }) {
  if (share.share === null) return <span title="There is nothing yet that it could be a share of">–</span>;
  return (
    <span>
      {formatShare(share.share)}
      {share.low !== null && share.high !== null && (
        <span class="soft"> ({formatRange({ low: share.low, high: share.high })})</span>
      )}
      {bases && (
        <span class="soft">
          {' '}
          {formatCount(share.sites)} of {formatCount(share.base)}
        </span>
      )}
    </span>
  );
}
