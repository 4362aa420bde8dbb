import type { Analytics, AnalyticsDocument } from '../../shared/stores/analytics.ts';
import type { HistoryReader } from '../../shared/stores/history-reader.ts';

export interface Stores {
  history: HistoryReader;
  analytics: Analytics;
}

/** A site that says nothing for so long is silent: clients report every 7 or 14 days. */
const SILENT_DAYS = 30;
/** How far back the charts go. */
const CHART_DAYS = 365;
const DAY_MS = 86_400_000;

/** Makes every project's charts of the history up to `now`. Gives how many projects there are charts of. */
export async function rebuild({ history, analytics }: Stores, now: Date): Promise<number> {
  const params = chartRange(now);
  const sql = (name: string) => history.query(new URL(`./sql/${name}.sql`, import.meta.url), params);
  const [daily, breakdowns, reasons] = await Promise.all([sql('daily'), sql('breakdowns'), sql('reasons')]);
  const documents = assemble({ daily, breakdowns, reasons }, now);
  await analytics.replace(documents);
  return documents.length;
}

function chartRange(now: Date) {
  const daysAgo = (days: number) => new Date(now.getTime() - days * DAY_MS);
  return {
    // the first charted day already has the sites that reported before it
    since: daysAgo(CHART_DAYS + SILENT_DAYS),
    until: new Date(now.getTime() + 1),
    active_since: daysAgo(SILENT_DAYS),
    first_day: daysAgo(CHART_DAYS),
    silent_days: SILENT_DAYS,
  };
}

type Rows = Record<string, unknown>[];

/** One document a project, of rows that come sorted as they are to be shown. */
function assemble(rows: { daily: Rows; breakdowns: Rows; reasons: Rows }, rebuiltAt: Date): AnalyticsDocument[] {
  const documents = new Map<string, AnalyticsDocument>();
  const documentOf = ({ project_hash: hash }: Record<string, unknown>) => {
    const _id = String(hash);
    const document = documents.get(_id) ?? { _id, rebuiltAt, daily: [], breakdowns: {}, reasons: [] };
    documents.set(_id, document);
    return document;
  };
  for (const row of rows.daily) {
    documentOf(row).daily.push({
      day: String(row.day),
      activeSites: Number(row.active_sites),
      installs: Number(row.installs),
      deactivations: Number(row.deactivations),
    });
  }
  for (const row of rows.breakdowns) {
    const { breakdowns } = documentOf(row);
    const dimension = String(row.dimension);
    breakdowns[dimension] ??= [];
    breakdowns[dimension].push({ value: String(row.value), sites: Number(row.sites) });
  }
  for (const row of rows.reasons) {
    const reason = row.reason_id === null ? null : String(row.reason_id);
    documentOf(row).reasons.push({ reason, deactivations: Number(row.deactivations) });
  }
  return [...documents.values()];
}
