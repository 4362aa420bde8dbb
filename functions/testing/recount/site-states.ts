import { ACTIVE_DAYS } from '../../../shared/figures/definitions.ts';
import type { SiteReport } from '../../../shared/report/interpret.ts';
import type { DayNumber, Said, SiteHistory } from './read-histories.ts';

const ONE_SECOND_MS = 1000;

export type State = 'never reported' | 'active' | 'silent' | 'left';

/** How a site's day began or ended its being active. */
export interface Turn {
  start: 'new' | 'reactivated' | 'resumed' | null;
  end: 'left' | 'went silent' | null;
}

export function saidUntil({ said }: SiteHistory, day: DayNumber): Said[] {
  return said.filter((one) => one.day <= day);
}

export function reportsOf(said: Said[]): (Said & { kind: 'report' })[] {
  return said.filter((one) => one.kind === 'report');
}

export function lastReportOn(history: SiteHistory, day: DayNumber): SiteReport | undefined {
  return reportsOf(saidUntil(history, day)).at(-1)?.report;
}

export function firstReport({ said }: SiteHistory): (Said & { kind: 'report' }) | undefined {
  return reportsOf(said)[0];
}

/** At the end of a day. */
export function stateOn(history: SiteHistory, day: DayNumber): State {
  const said = saidUntil(history, day);
  const lastReport = reportsOf(said).at(-1);
  if (lastReport === undefined) return 'never reported';
  if (said.at(-1)?.kind === 'left') return 'left';
  return day - lastReport.day < ACTIVE_DAYS ? 'active' : 'silent';
}

export function turnOn(history: SiteHistory, day: DayNumber): Turn {
  const [before, after] = [stateOn(history, day - 1), stateOn(history, day)];
  const today = history.said.filter((one) => one.day === day);
  const reported = today.some(({ kind }) => kind === 'report');
  let start: Turn['start'] = null;
  if (reported && before === 'never reported') start = 'new';
  if (reported && before === 'left') start = 'reactivated';
  if (reported && before === 'silent') start = 'resumed';
  if (today.at(-1)?.kind === 'left' && (reported || before === 'active')) return { start, end: 'left' };
  return { start, end: before === 'active' && after === 'silent' ? 'went silent' : null };
}

/** A plugin that is switched off twice within a second went once. */
export function deactivationsOn({ said }: SiteHistory, day: DayNumber): (Said & { kind: 'left' })[] {
  const left = said.filter((one) => one.day === day && one.kind === 'left') as (Said & { kind: 'left' })[];
  return left.filter((one, index) => {
    const before = left[index - 1];
    return before === undefined || Date.parse(one.receivedAt) - Date.parse(before.receivedAt) > ONE_SECOND_MS;
  });
}
