import { useEffect, useState } from 'preact/hooks';
import { STALE_AFTER_MS } from '../../../../shared/figures/definitions.ts';
import type { StatusAnswer } from '../../api.ts';
import { counted, formatAgo, formatDay, formatDuration, formatMoment, momentInUtc } from '../format.ts';

const MINUTE_MS = 60_000;

/** How far the figures go and how old they are; a warning once they are late. */
export function Freshness({ status }: { status: StatusAnswer | undefined }) {
  const now = useMinutes();
  if (!status) return <div class="freshness" aria-busy="true" />;
  const { rebuiltAt, through, lagSeconds, lateDays } = status;
  if (rebuiltAt === null || through === null) return <div class="freshness">No figures have been made yet.</div>;
  const isLate = now - Date.parse(rebuiltAt) > STALE_AFTER_MS;
  return (
    <>
      <div class="freshness">
        <span>Data through {formatDay(through)} (UTC)</span>
        <span>
          rebuilt{' '}
          <time dateTime={rebuiltAt} title={momentInUtc(rebuiltAt)}>
            {formatAgo(rebuiltAt, now)}
          </time>
        </span>
        {lagSeconds !== null && <span>newest report {formatDuration(lagSeconds)} old</span>}
        {lateDays > 0 && <span>{counted(lateDays, 'late day')} waiting to be counted again</span>}
      </div>
      {isLate && (
        <p class="notice" role="status">
          These figures are late: the last rebuild was {formatAgo(rebuiltAt, now)}, at {formatMoment(rebuiltAt)}. They
          are made every hour; whoever runs Sitebeat can see why with <code>npx sitebeat doctor</code>.
        </p>
      )}
    </>
  );
}

function useMinutes(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}
