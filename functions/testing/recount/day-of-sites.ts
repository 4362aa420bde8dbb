import type { DayNumber, Histories, SiteHistory } from './read-histories.ts';
import { firstReport, lastReportOn, type State, stateOn, type Turn, turnOn } from './site-states.ts';

/** A production site on a day. */
export interface SiteOnDay extends Turn {
  history: SiteHistory;
  before: State;
  after: State;
  /** Whether it is, at the end of the day, one of several sites that say the same, and not the first of them. */
  isCopy: boolean;
  /** The same of the day before. */
  wasCopy: boolean;
}

/** What was counted is asked for again by every figure of many days. */
const known = new WeakMap<Histories, Map<DayNumber, SiteOnDay[]>>();

/** Every production site that had said something by the end of that day. */
export function sitesOfDay(histories: Histories, day: DayNumber): SiteOnDay[] {
  const days = known.get(histories) ?? new Map<DayNumber, SiteOnDay[]>();
  known.set(histories, days);
  const production = histories.sites.filter(({ environment }) => environment === 'production');
  const sites = days.get(day) ?? sitesOnDay(production, day);
  days.set(day, sites);
  return sites;
}

function sitesOnDay(production: SiteHistory[], day: DayNumber): SiteOnDay[] {
  const [today, yesterday] = [originalsOn(production, day), originalsOn(production, day - 1)];
  return production
    .filter(({ said }) => said.some((one) => one.day <= day))
    .map((history) => ({
      history,
      before: stateOn(history, day - 1),
      after: stateOn(history, day),
      ...turnOn(history, day),
      isCopy: isCopyOf(today, history, day),
      wasCopy: isCopyOf(yesterday, history, day - 1),
    }));
}

/** Of the active sites with one fingerprint the one that reported first, by fingerprint. */
function originalsOn(production: SiteHistory[], day: DayNumber): Map<string, SiteHistory> {
  const originals = new Map<string, SiteHistory>();
  for (const history of production) {
    const fingerprint = fingerprintOn(history, day);
    if (fingerprint === null || stateOn(history, day) !== 'active') continue;
    const known = originals.get(fingerprint);
    if (known === undefined || isEarlier(history, known)) originals.set(fingerprint, history);
  }
  return originals;
}

function isCopyOf(originals: Map<string, SiteHistory>, history: SiteHistory, day: DayNumber): boolean {
  const fingerprint = fingerprintOn(history, day);
  const original = fingerprint === null ? undefined : originals.get(fingerprint);
  return original !== undefined && isEarlier(original, history);
}

function fingerprintOn(history: SiteHistory, day: DayNumber): string | null {
  const fingerprint = lastReportOn(history, day)?.values.fingerprint;
  return typeof fingerprint === 'string' ? fingerprint : null;
}

/** By first report, then by name. */
function isEarlier(one: SiteHistory, other: SiteHistory): boolean {
  const [first, second] = [one, other].map((history) => `${firstReport(history)?.receivedAt}/${history.site}`);
  return (first as string) < (second as string);
}

/** Whether its start counts: by whether it is a copy that day. */
export function countsAsStart({ start, isCopy }: SiteOnDay): boolean {
  return start !== null && !isCopy;
}

/** Whether its end counts: by whether it was a copy the day before, or that day when it came that day. */
export function countsAsEnd({ start, end, isCopy, wasCopy }: SiteOnDay): boolean {
  return end !== null && !(start === null ? wasCopy : isCopy);
}

/** Active the day before or come that day, and counted as such. */
export function isAtRisk(site: SiteOnDay): boolean {
  return countsAsStart(site) || (site.before === 'active' && !site.wasCopy);
}

/** Reported that day, and counts in the end, or did until it left that day. */
export function isReporting(site: SiteOnDay, day: DayNumber): boolean {
  const isCounted = (site.after === 'active' && !site.isCopy) || (site.end === 'left' && countsAsEnd(site));
  return isCounted && site.history.said.some((said) => said.day === day && said.kind === 'report');
}
