import { isDeepStrictEqual } from 'node:util';
import { safeKey, withSafeKeys } from '../../shared/project/custom-fields.ts';
import { DERIVED_COLUMNS, FIELDS } from '../../shared/report/fields.ts';
import type { Deactivation, EventKey, SiteReport } from '../../shared/report/interpret.ts';
import {
  type SiteClock,
  type SiteDeactivation,
  type SiteDocument,
  type Stamp,
  siteKey,
} from '../../shared/stores/sites.ts';
import { pendingMail } from './announce-subscriber.ts';

/** What one event says of a site: a report, a deactivation, or both. */
export interface SiteChange extends EventKey, Pick<SiteReport, 'site' | 'environment'> {
  urlMd5: string | null;
  report?: SiteReport | undefined;
  deactivation?: Deactivation | undefined;
  /** The project has a mail list to put the site's admin on. */
  hasMailList: boolean;
}

/** How many reports since a deactivation are remembered: more than a year of weekly ones. */
const MAX_TRACKS = 60;
const MAX_MD5S = 32;

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
  const fields = mergeFields(site, stamp, change.report);
  const clock: SiteClock = {
    ...fields.clock,
    track: later(site.clock.track, isTrack ? stamp : null),
    deactivation: later(site.clock.deactivation, change.deactivation ? stamp : null),
    optOut: site.clock.optOut,
  };
  const deactivation =
    change.deactivation && clock.deactivation === stamp ? latestOf(change.deactivation) : site.deactivation;
  const merged = {
    ...site,
    ...fields.values,
    deactivation,
    firstSeenAt: site.firstSeenAt < at ? site.firstSeenAt : at,
    lastSeenAt: site.lastSeenAt > at ? site.lastSeenAt : at,
    urlMd5s: change.urlMd5 === null ? site.urlMd5s : sortedSet([...site.urlMd5s, change.urlMd5]).slice(0, MAX_MD5S),
    tracksSince: tracksSince(isTrack ? [...site.tracksSince, at] : site.tracksSince, deactivation),
    clock,
    ...stateOf(clock),
  };
  return unlessSame(known, {
    ...merged,
    pendingMail: pendingMail(site, merged, change.report, change.hasMailList),
  });
}

/** Folds an opt-out, known by its stamp, into a site. */
export function mergeOptOut(known: SiteDocument, optOut: Stamp): SiteDocument {
  const clock = { ...known.clock, optOut: later(known.clock.optOut, optOut) };
  return unlessSame(known, { ...known, clock, ...stateOf(clock) });
}

function emptySite({ projectHash, site, environment }: SiteChange, at: Date): SiteDocument {
  return {
    _id: siteKey(projectHash, site),
    project: projectHash,
    site,
    environment,
    status: 'active',
    optedOut: false,
    firstSeenAt: at,
    lastSeenAt: at,
    cloneOf: null,
    urlMd5s: [],
    customFields: {},
    deactivation: null,
    tracksSince: [],
    pendingMail: [],
    clock: { report: '', older: [], track: null, deactivation: null, optOut: null },
    revision: 0,
  };
}

/** What the newest events of each kind make of a site. A report with consent ends both a deactivation and an opt-out. */
function stateOf({ track, deactivation, optOut }: SiteClock): Pick<SiteDocument, 'status' | 'optedOut'> {
  return {
    status: (deactivation ?? '') > (track ?? '') ? 'deactivated' : 'active',
    optedOut: (optOut ?? '') > (track ?? ''),
  };
}

const CUSTOM = 'customFields/';

/** Field by field: the value of the newest event that stated it. */
function mergeFields(site: SiteDocument, stamp: Stamp, report: SiteReport | undefined) {
  const values: [string, unknown][] = [];
  const customFields = new Map(Object.entries(site.customFields));
  const stamps = fieldStamps(site);
  for (const [field, value] of report ? statedFields(report) : []) {
    if (stamp <= (stamps.get(field) ?? '')) continue;
    stamps.set(field, stamp);
    if (field.startsWith(CUSTOM)) customFields.set(field.slice(CUSTOM.length), value);
    else values.push([field, value]);
  }
  const newest = report ? (later(site.clock.report, stamp) as Stamp) : site.clock.report;
  const older = [...stamps].filter(([, from]) => from !== newest).sort(([one], [other]) => (one < other ? -1 : 1));
  const sorted = [...customFields].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    values: { ...Object.fromEntries(values), customFields: Object.fromEntries(sorted) },
    clock: { report: newest, older },
  };
}

const STATED_FIELDS = [...FIELDS.map(({ column }) => column), ...DERIVED_COLUMNS].map(camelCase);

/** From which event each field of a document is. */
function fieldStamps({ clock, customFields, ...site }: SiteDocument): Map<string, Stamp> {
  const older = new Map(clock.older);
  const fields = [
    ...STATED_FIELDS.filter((field) => Object.hasOwn(site, field)),
    ...Object.keys(customFields).map((key) => `${CUSTOM}${key}`),
  ];
  return new Map(fields.map((field) => [field, older.get(field) ?? clock.report]));
}

function statedFields({ values, customFields }: SiteReport): [string, unknown][] {
  return [
    ...Object.entries(values).map(([column, value]): [string, unknown] => [camelCase(column), withSafeKeys(value)]),
    ...Object.entries(customFields).map(([key, value]): [string, unknown] => [
      `${CUSTOM}${safeKey(key)}`,
      withSafeKeys(value),
    ]),
  ];
}

function camelCase(column: string): string {
  return column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
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

function sortedSet(texts: string[]): string[] {
  return [...new Set(texts)].sort();
}

function unlessSame(known: SiteDocument | undefined, merged: SiteDocument): SiteDocument {
  return known !== undefined && isDeepStrictEqual(known, merged) ? known : merged;
}
