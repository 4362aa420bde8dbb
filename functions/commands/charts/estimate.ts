import { addDays, type Day } from '../../../shared/figures/days.ts';
import { ACTIVE_DAYS } from '../../../shared/figures/definitions.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import type { DerivedTables } from '../../../shared/stores/history/derived-tables.ts';
import { projectDays, siteDays, siteLives } from '../../rebuild-analytics/derivations.ts';

export interface Estimate {
  days: number;
  /** What BigQuery would read, and bill, at most. */
  gib: number;
  /** US dollars. */
  usd: number;
}

const GIB = 2 ** 30;
/** On demand, us-central1; list price, read in November 2026. */
const USD_PER_TIB = 6.25;
/** Days that are asked for; the others are taken to be like them. */
const SAMPLE = 12;
const ASKED_AT_ONCE = 4;

/** What making these days would read, by dry runs of some of them: they cost nothing. */
export async function estimateRebuild(
  days: Day[],
  today: Day,
  { tables }: { tables: DerivedTables },
): Promise<Estimate> {
  if (days.length === 0) return { days: 0, gib: 0, usd: 0 };
  const sample = days.filter((_, index) => index % Math.ceil(days.length / SAMPLE) === 0);
  let [raw, figures] = [0, 0];
  await concurrently(sample, ASKED_AT_ONCE, async (day) => {
    const bytes = [
      await tables.bytesOf(siteDays(day)),
      await tables.bytesOf(projectDays(day, { details: true })),
    ] as const;
    raw += bytes[0];
    figures += bytes[1];
  });
  const scale = days.length / sample.length;
  const [first, last] = [days[0] as Day, days.at(-1) as Day];
  const lives = Math.max(await tables.bytesOf(siteLives(first, last)), raw * scale);
  // what was not made yet reads as nothing: a day of site_days is no larger than the rows that it is made of
  const window = Math.max(figures / sample.length, (raw / sample.length) * (ACTIVE_DAYS + 1));
  const reached = (day: Day) => Array.from({ length: ACTIVE_DAYS + 1 }, (_, further) => addDays(day, further));
  const changed = new Set(days.flatMap(reached).filter((day) => day <= today)).size;
  const gib = (raw * scale + lives + window * changed) / GIB;
  return { days: days.length, gib: Math.ceil(gib * 100) / 100, usd: Math.ceil(gib * (USD_PER_TIB / 1024) * 100) / 100 };
}
