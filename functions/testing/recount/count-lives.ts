import type { SiteReport } from '../../../shared/report/interpret.ts';
import { type DayNumber, dayText, type SiteHistory } from './read-histories.ts';
import { deactivationsOn, firstReport, lastReportOn, reportsOf, stateOn, turnOn } from './site-states.ts';

/** A row of schemas/bigquery/site_lives.json. */
export interface LifeRow {
  site: string;
  number: number;
  first_report_at: string;
  from_day: string;
  last_day: string;
  left_day: string | null;
  late_left_day: string | null;
  first_version: string | null;
  last_version: string | null;
  reason_id: string | null;
}

/** The lives of a production site, of what it said up to a day: each from a turn to active to the next turn away from it. */
export function countLives(history: SiteHistory, until: DayNumber): LifeRow[] {
  const lives: LifeRow[] = [];
  const days = [...new Set(history.said.map(({ day }) => day))].filter((day) => day <= until);
  for (const day of days) {
    const today = history.said.filter((one) => one.day === day);
    const { start, end } = turnOn(history, day);
    const version = versionOf(lastReportOn(history, day));
    if (start !== null) lives.push(begun(history, { day, number: lives.length + 1, version }));
    const life = lives.at(-1);
    if (life === undefined) continue;
    if (reportsOf(today).length > 0) Object.assign(life, { last_day: dayText(day), last_version: version });
    const last = deactivationsOn(history, day).at(-1);
    if (last === undefined || today.at(-1)?.kind !== 'left') continue;
    const { reasonId } = last.deactivation;
    if (end === 'left') Object.assign(life, { left_day: dayText(day), reason_id: reasonId });
    // only the first word after silence tells that it left
    else if (stateOn(history, day - 1) === 'silent')
      Object.assign(life, { late_left_day: dayText(day), reason_id: reasonId });
  }
  return lives;
}

function begun(
  history: SiteHistory,
  { day, number, version }: { day: DayNumber; number: number; version: string | null },
) {
  const from = dayText(day);
  return {
    site: history.site,
    number,
    first_report_at: firstReport(history)?.receivedAt as string,
    from_day: from,
    last_day: from,
    left_day: null,
    late_left_day: null,
    first_version: version,
    last_version: version,
    reason_id: null,
  };
}

function versionOf(report: SiteReport | undefined): string | null {
  return typeof report?.values.project_version === 'string' ? report.values.project_version : null;
}
