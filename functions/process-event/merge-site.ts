import { isDeepStrictEqual } from 'node:util';
import { safeKey, withSafeKeys } from '../../shared/project/custom-fields.ts';
import type { MailIntegration } from '../../shared/project/project.ts';
import { environmentOf } from '../../shared/report/environment.ts';
import { camelCase, GROUPS } from '../../shared/report/fields.ts';
import type { Deactivation, EventKey, SiteReport } from '../../shared/report/interpret.ts';
import { siteSpellings, urlMd5 } from '../../shared/report/site-id.ts';
import { withDerived, withEmailKey } from '../../shared/stores/sites/site-derived.ts';
import { withMail, withPending } from '../../shared/stores/sites/site-mail.ts';
import { hasLeft, type SiteState, withState } from '../../shared/stores/sites/site-state.ts';
import {
  type SiteClock,
  type SiteDeactivation,
  type SiteDocument,
  type Stamp,
  siteKey,
} from '../../shared/stores/sites/sites.ts';
import { pendingMail } from './pending-mail.ts';

/** What one event says of a site: a report, a deactivation, or both. */
export interface SiteChange extends Omit<EventKey, 'senderNetwork'>, Pick<SiteReport, 'site' | 'environment'> {
  urlMd5: string | null;
  report?: SiteReport | undefined;
  deactivation?: Deactivation | undefined;
  /** Where the project wants the site's admin. */
  mailLists: readonly MailIntegration[];
  /** See filterableKeys. */
  filterable: readonly string[];
}

/** How many reports since a deactivation are remembered: more than a year of weekly ones. */
const MAX_TRACKS = 60;
/** How many names beside its own are remembered of a site: anybody can make one up. */
const MAX_OTHER_MD5S = 24;

export function stampOf({ receivedAt, eventId }: Pick<EventKey, 'receivedAt' | 'eventId'>): Stamp {
  return `${new Date(receivedAt).toISOString()}/${eventId}`;
}

/**
 * Folds an event into a site. Every part of the document is a register that the newest event wins, a minimum, a maximum or
 * a set, so that any order, repetition and grouping of the same events ends in the same document. Gives `known` itself when
 * the event changes nothing.
 */
export function mergeSite(known: SiteDocument | undefined, change: SiteChange): SiteDocument {
  const stamp = stampOf(change);
  const at = new Date(change.receivedAt);
  const site = known ?? emptySite(change, at);
  const isTrack = change.report?.kind === 'track';
  const { fields, clock: stated } = mergeGroups(site, stamp, change.report);
  const ownMd5s = siteSpellings(change.site).map(urlMd5);
  const otherMd5s = mergeOtherMd5s(site, change, { stamp, own: ownMd5s });
  const clock: SiteClock = {
    ...stated,
    track: later(site.clock.track, isTrack ? stamp : null),
    deactivation: later(site.clock.deactivation, change.deactivation ? stamp : null),
    optOut: site.clock.optOut,
    otherMd5s,
  };
  const deactivation =
    change.deactivation && clock.deactivation === stamp ? latestOf(change.deactivation) : site.deactivation;
  const merged: SiteDocument = {
    ...fields,
    environment: environmentOf(site.site, fields.serverSoftware ?? null),
    deactivation,
    firstSeenAt: site.firstSeenAt < at ? site.firstSeenAt : at,
    lastSeenAt: site.lastSeenAt > at ? site.lastSeenAt : at,
    urlMd5s: [...new Set([...ownMd5s, ...otherMd5s.map(([md5]) => md5)])].sort(),
    tracksSince: tracksSince(isTrack ? [...site.tracksSince, at] : site.tracksSince, deactivation),
    clock,
    optedOut: isOptedOut(clock),
  };
  const pending = pendingMail(site, merged, change.report, change.mailLists);
  const listed = withDerived(withState(merged, stateOf(site, clock)), change.filterable);
  return unlessSame(known, withPending(listed, pending, site));
}

/** Folds an opt-out, known by its stamp, into a site. */
export function mergeOptOut(known: SiteDocument, optOut: Stamp): SiteDocument {
  const clock = { ...known.clock, optOut: later(known.clock.optOut, optOut) };
  const merged = withState({ ...known, clock, optedOut: isOptedOut(clock) }, stateOf(known, clock));
  return unlessSame(known, withMail(withEmailKey(merged), {}));
}

function emptySite({ projectHash, site, environment }: SiteChange, at: Date): SiteDocument {
  return {
    _id: siteKey(projectHash, site),
    project: projectHash,
    site,
    environment,
    state: 'active',
    optedOut: false,
    firstSeenAt: at,
    lastSeenAt: at,
    cloneOf: null,
    urlMd5s: [],
    customFields: {},
    deactivation: null,
    tracksSince: [],
    pendingMail: [],
    clock: { report: '', older: [], track: null, deactivation: null, optOut: null, otherMd5s: [] },
    revision: 0,
  };
}

/** A site that fell silent stays so until it reports again: only time makes one silent, which is the sweep's to see. */
function stateOf(known: SiteDocument, clock: SiteClock): SiteState {
  if (hasLeft(clock)) return 'left';
  return known.state === 'silent' && known.clock.track === clock.track ? 'silent' : 'active';
}

/** A report with consent ends an opt-out, as it ends a deactivation. */
function isOptedOut({ track, optOut }: SiteClock): boolean {
  return (optOut ?? '') > (track ?? '');
}

/** Group by group: the fields that the newest event that stated any of them gave. */
function mergeGroups(site: SiteDocument, stamp: Stamp, report: SiteReport | undefined) {
  const stamps = groupStamps(site);
  const fields: Record<string, unknown> = { ...site };
  for (const [group, values] of report ? statedGroups(report) : []) {
    if (stamp <= (stamps.get(group) ?? '')) continue;
    stamps.set(group, stamp);
    for (const field of fieldsOf(group)) delete fields[field];
    Object.assign(fields, values);
  }
  const newest = report ? (later(site.clock.report, stamp) as Stamp) : site.clock.report;
  const older = [...stamps]
    .filter(([group, from]) => from !== newest || !isThere(fields, group))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return { fields: fields as unknown as SiteDocument, clock: { report: newest, older } };
}

const CUSTOM_FIELDS = 'customFields';

function fieldsOf(group: string): readonly string[] {
  return group === CUSTOM_FIELDS ? [CUSTOM_FIELDS] : (GROUPS.get(group) ?? []);
}

function isThere(fields: Record<string, unknown>, group: string): boolean {
  if (group === CUSTOM_FIELDS) return Object.keys(fields[CUSTOM_FIELDS] as object).length > 0;
  return fieldsOf(group).some((field) => Object.hasOwn(fields, field));
}

/**
 * From which event each group of a document is: the newest report, unless `older` says another one. Earlier versions
 * wrote stamps by field there (custom fields as `customFields/<key>`); the newest of a group's is the group's.
 */
function groupStamps(site: SiteDocument): Map<string, Stamp> {
  const older = new Map(site.clock.older);
  const stamps = new Map<string, Stamp>();
  for (const group of [...GROUPS.keys(), CUSTOM_FIELDS]) {
    const own = older.get(group);
    if (own === undefined && !isThere(site as unknown as Record<string, unknown>, group)) continue;
    const parts =
      group === CUSTOM_FIELDS
        ? Object.keys(site.customFields).map((key) => `${CUSTOM_FIELDS}/${key}`)
        : fieldsOf(group).filter((field) => Object.hasOwn(site, field));
    const byPart = parts.map((part) => older.get(part) ?? site.clock.report);
    stamps.set(group, own ?? (byPart.sort().at(-1) as Stamp));
  }
  return stamps;
}

/** The groups of which a report states a value, or that it is empty. */
function statedGroups({ values, cleared, customFields }: SiteReport): Map<string, Record<string, unknown>> {
  const groups = new Map<string, Record<string, unknown>>();
  const all = Object.entries(values).map(([column, value]): [string, unknown] => [
    camelCase(column),
    withSafeKeys(value),
  ]);
  const empty = cleared.map(camelCase);
  for (const [group, fields] of GROUPS) {
    const stated = all.filter(([field]) => fields.includes(field));
    const isCleared = empty.some((field) => fields.includes(field));
    if (stated.length > 0 || isCleared) groups.set(group, Object.fromEntries(stated));
  }
  const custom = Object.entries(customFields).sort(([one], [other]) => (one < other ? -1 : 1));
  if (custom.length > 0 || cleared.includes('custom_fields')) {
    const safe = custom.map(([key, value]) => [safeKey(key), withSafeKeys(value)]);
    groups.set(CUSTOM_FIELDS, { [CUSTOM_FIELDS]: Object.fromEntries(safe) });
  }
  return groups;
}

/** The newest of the names that User-Agents gave it and that are none of its own. */
function mergeOtherMd5s(
  site: SiteDocument,
  { urlMd5: md5 }: SiteChange,
  { stamp, own }: { stamp: Stamp; own: string[] },
): [string, Stamp][] {
  // earlier versions noted no stamps
  const noted = site.clock.otherMd5s ?? site.urlMd5s.map((name): [string, Stamp] => [name, '']);
  const stamps = new Map(noted.filter(([name]) => !own.includes(name)));
  if (md5 !== null && !own.includes(md5)) stamps.set(md5, later(stamps.get(md5) ?? null, stamp) as Stamp);
  return [...stamps]
    .sort(([one, first], [other, second]) => (first === second ? (one < other ? -1 : 1) : first > second ? -1 : 1))
    .slice(0, MAX_OTHER_MD5S);
}

function latestOf({
  eventId,
  receivedAt,
  reasonId,
  reasonSent,
  reasonInfo,
  projectVersion,
}: Deactivation): SiteDeactivation {
  return { eventId, deactivatedAt: new Date(receivedAt), reasonId, reasonSent, reasonInfo, projectVersion };
}

/** The first report since the latest deactivation, and the newest ones. */
function tracksSince(tracks: Date[], deactivation: SiteDeactivation | null): Date[] {
  const since = deactivation?.deactivatedAt.getTime() ?? 0;
  const times = new Set(tracks.map((track) => track.getTime()).filter((time) => time >= since));
  const sorted = [...times].sort((one, other) => one - other);
  const kept = sorted.length <= MAX_TRACKS ? sorted : [...sorted.slice(0, 1), ...sorted.slice(1 - MAX_TRACKS)];
  return kept.map((time) => new Date(time));
}

function later(one: Stamp | null, other: Stamp | null): Stamp | null {
  return (one ?? '') >= (other ?? '') ? one : other;
}

function unlessSame(known: SiteDocument | undefined, merged: SiteDocument): SiteDocument {
  return known !== undefined && isDeepStrictEqual(known, merged) ? known : merged;
}
