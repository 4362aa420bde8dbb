import { CUSTOM_FIELD_KEY, withSafeKeys } from '../../shared/project/custom-fields.ts';
import type { Analytics, AnalyticsDocument } from '../../shared/stores/analytics.ts';
import type { HistoryReader } from '../../shared/stores/history-reader.ts';
import { assemble } from './assemble.ts';
import { readQuery } from './chart-queries.ts';

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

/** Longer values are shown cut. */
const VALUE_LENGTH = 100;
/** Of one dimension; the others are counted together. */
const VALUES_KEPT = 200;

/**
 * Makes every project's charts of the history up to `now`. Gives how many projects
 * there are charts of, and of how many they could not be stored: those keep their last ones.
 */
export async function rebuildCharts(
  { history, analytics, projects }: Stores,
  now: Date,
): Promise<{ projects: number; failed: number }> {
  const range = chartRange(now);
  // one that no query can quote would take every project's charts with it
  const keys = (await projects.customFieldKeys()).filter((key) => CUSTOM_FIELD_KEY.test(key));
  const rowsOf = (name: string) => history.query(readQuery(name, keys), range);
  const [daily, breakdowns, plugins, customFields, unknownFields, reasons, optIn, unfamiliar] = await Promise.all([
    rowsOf('daily'),
    rowsOf('breakdowns'),
    rowsOf('plugins'),
    keys.length === 0 ? [] : rowsOf('custom-fields'),
    rowsOf('unknown-fields'),
    rowsOf('reasons'),
    rowsOf('opt-in'),
    rowsOf('unfamiliar'),
  ]);
  const documents = assemble(
    { daily, breakdowns, plugins, customFields, unknownFields, reasons, optIn, unfamiliar },
    now,
  );
  const failed = await analytics.replace(
    documents.map((document) => ({
      ...document,
      customFields: withSafeKeys(document.customFields) as AnalyticsDocument['customFields'],
    })),
  );
  return { projects: documents.length, failed };
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
    value_length: VALUE_LENGTH,
    values_kept: VALUES_KEPT,
  };
}
