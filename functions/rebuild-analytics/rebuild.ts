import { CUSTOM_FIELD_KEY, withSafeKeys } from '../../shared/project/custom-fields.ts';
import type { Analytics, AnalyticsDocument } from '../../shared/stores/analytics.ts';
import type { HistoryReader } from '../../shared/stores/history-reader.ts';
import { assemble } from './assemble.ts';
import { readQuery } from './queries.ts';

export interface Stores {
  history: HistoryReader;
  analytics: Analytics;
  projects: { customFieldKeys(): Promise<string[]> };
}

/** A site that says nothing for so long is silent: clients report every 7 or 14 days. */
const SILENT_DAYS = 30;
/** How far back the charts go. */
const CHART_DAYS = 365;
const DAY_MS = 86_400_000;

/** Makes every project's charts of the history up to `now`. Gives how many projects there are charts of. */
export async function rebuild({ history, analytics, projects }: Stores, now: Date): Promise<number> {
  const params = chartRange(now);
  // one that no query can quote would take every project's charts with it
  const keys = (await projects.customFieldKeys()).filter((key) => CUSTOM_FIELD_KEY.test(key));
  const rowsOf = (name: string) => history.query(readQuery(name, keys), params);
  const [daily, breakdowns, plugins, customFields, unknownFields, reasons, optIn] = await Promise.all([
    rowsOf('daily'),
    rowsOf('breakdowns'),
    rowsOf('plugins'),
    keys.length === 0 ? [] : rowsOf('custom-fields'),
    rowsOf('unknown-fields'),
    rowsOf('reasons'),
    rowsOf('opt-in'),
  ]);
  const documents = assemble({ daily, breakdowns, plugins, customFields, unknownFields, reasons, optIn }, now);
  await analytics.replace(
    documents.map((document) => ({
      ...document,
      customFields: withSafeKeys(document.customFields) as AnalyticsDocument['customFields'],
    })),
  );
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
