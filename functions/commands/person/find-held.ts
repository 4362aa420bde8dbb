import { objectName, parseObjectName } from '../../../shared/event/object-name.ts';
import { addressKeysIn } from '../../../shared/report/email-address.ts';
import { siteSpellings, urlMd5 } from '../../../shared/report/site-id.ts';
import type { Archive } from '../../../shared/stores/archive/archive.ts';
import type { EventKeys, KeyedObject } from '../../../shared/stores/history/event-keys.ts';
import type { HistoryEvent, SiteHistory } from '../../../shared/stores/history/site-history.ts';
import type { DerivedSites } from '../../../shared/stores/sites/derived-sites.ts';
import type { SiteLatest } from '../../../shared/stores/sites/site-latest.ts';
import type { Terminal } from '../terminal.ts';
import { countsOf, type Held, type Seed } from './held-data.ts';
import { openTraces, type ReadTraces } from './read-traces.ts';
import { keysOfSubject, relationTo, type Subject, type SubjectKeys } from './subject.ts';
import { withoutNames } from './without-names.ts';

export interface HeldStores {
  archive: Pick<Archive, 'list' | 'read' | 'remove'>;
  eventKeys: Pick<EventKeys, 'find' | 'completeSince' | 'unindexedHours'>;
  latest: SiteLatest;
  history: SiteHistory;
  derived: DerivedSites;
}

/** Finds everything about one target, as often as it is asked to. */
export interface Search {
  /** What was received until then. */
  find(until: Date): Promise<Held>;
  /** Objects that were found and are removed. */
  noteRemoved(objects: string[]): void;
}

interface Names {
  sites: Set<string>;
  urlMd5s: Set<string>;
  /** Other sites, an event of which holds the address. */
  namedBy: Set<string>;
  /** Events that are the target's, by their objects. */
  objects: Set<string>;
}

/**
 * The index tells which objects are the target's, and each of them is read once for further names: sites of the address, md5s
 * of a site. What they lead to is asked for again, until nothing new is found. Only what earlier versions worked on, which is
 * in no index, is read as a whole.
 */
export function openSearch(seed: Seed, stores: HeldStores, terminal: Terminal): Search {
  const names: Names = {
    sites: new Set(seed.sites),
    urlMd5s: new Set(seed.urlMd5s),
    namedBy: new Set(),
    objects: new Set(seed.objects),
  };
  const traces = openTraces(stores.archive, terminal);
  let unindexed: Promise<Date> | undefined;
  return {
    find: async (until) => {
      unindexed ??= readUnindexed(seed, traces, until, stores);
      return find(seed, names, traces, { until, completeSince: await unindexed }, stores);
    },
    noteRemoved: traces.noteRemoved,
  };
}

/** Gives from when on everything is indexed. */
async function readUnindexed(
  { projectHash, otherProjects }: Seed,
  traces: ReadTraces,
  until: Date,
  { eventKeys }: HeldStores,
): Promise<Date> {
  const completeSince = await eventKeys.completeSince(until);
  const others = new Set(otherProjects);
  await traces.readHours(
    await eventKeys.unindexedHours(completeSince),
    ({ projectHash: hash }) => hash === null || hash === projectHash || !others.has(hash),
  );
  return completeSince;
}

async function find(
  seed: Seed,
  names: Names,
  traces: ReadTraces,
  { until, completeSince }: { until: Date; completeSince: Date },
  stores: HeldStores,
): Promise<Held> {
  const found: KeyedObject[] = [];
  const asked = new Set<string>();
  for (;;) {
    const sizeBefore = sizeOf(names);
    const subject = await subjectOf(seed, names, stores.latest);
    const keys = keysOfSubject(subject);
    const unasked = Object.values(keys).flatMap((some) => [...some].filter((key) => !asked.has(key)));
    for (const key of unasked) asked.add(key);
    found.push(...(await stores.eventKeys.find(unasked, until)));
    await traces.read([...found.map(({ object }) => object), ...names.objects]);
    for (const one of found) if (isProven(one, keys, traces)) names.objects.add(one.object);
    learnFromTraces(names, subject, traces);
    learnFromRows(names, subject, await rowsOf(subject, completeSince, stores));
    const latest = await latestOf(names, subject, until, stores);
    for (const { urlMd5s } of latest.sites) for (const md5 of urlMd5s) names.urlMd5s.add(md5);
    for (const { _id, receivedAt } of latest.unclaimed) {
      names.objects.add(objectName('deactivate', receivedAt.toISOString(), _id));
    }
    if (sizeOf(names) === sizeBefore) return heldOf(names, subject, traces, latest, stores);
  }
}

/** By its key alone; what names no project is looked into, for it may be another's by now, unless there is nothing to see. */
function isProven({ object, key }: KeyedObject, { proving, withoutProject }: SubjectKeys, traces: ReadTraces): boolean {
  return proving.has(key) || (withoutProject.has(key) && traces.of.get(object) === null);
}

function sizeOf({ sites, urlMd5s, namedBy, objects }: Names): number {
  return sites.size + urlMd5s.size + namedBy.size + objects.size;
}

/** An md5 that another site goes by as well proves nothing, for anybody can send it; but that of a site's own url does. */
async function subjectOf(
  { projectHash, otherProjects, email }: Seed,
  names: Names,
  latest: SiteLatest,
): Promise<Subject> {
  for (const site of email === null ? [] : await latest.withEmail(projectHash, email)) names.sites.add(site);
  for (const site of await latest.otherSpellings(projectHash, [...names.sites])) names.sites.add(site);
  const spelled = new Set([...names.sites].flatMap(siteSpellings).map(urlMd5));
  const urlMd5s = [...new Set([...names.urlMd5s, ...spelled])];
  const { inProject, elsewhere } = await latest.othersMd5s(projectHash, { sites: [...names.sites], urlMd5s });
  const own = urlMd5s.filter((md5) => spelled.has(md5) || !inProject.has(md5));
  return {
    projectHash,
    otherProjects: new Set(otherProjects),
    email,
    sites: new Set(names.sites),
    urlMd5s: new Set(own),
    unsharedMd5s: new Set(own.filter((md5) => !elsewhere.has(md5))),
  };
}

function learnFromTraces(names: Names, subject: Subject, traces: ReadTraces): void {
  for (const [object, one] of traces.of) {
    const relation = one === null ? undefined : relationTo(one, subject);
    if (one === null || relation === undefined) continue;
    names.objects.add(object);
    // what another product says of the site is not the project's to know it by
    if (one.site === null || one.projectHash !== subject.projectHash) continue;
    if (relation === 'mention') names.namedBy.add(one.site);
    else {
      names.sites.add(one.site);
      if (one.urlMd5 !== null) names.urlMd5s.add(one.urlMd5);
    }
  }
}

/** Rows whose objects may have expired. */
function rowsOf({ projectHash, sites, urlMd5s, email }: Subject, completeSince: Date, { history }: HeldStores) {
  const emailPart = email?.slice(0, email.lastIndexOf('@') + 1) ?? null;
  return history.events({ projectHash, sites: [...sites], urlMd5s: [...urlMd5s], emailPart, before: completeSince });
}

function learnFromRows(names: Names, { sites, email }: Subject, rows: HistoryEvent[]): void {
  const holds = (text: string | null) =>
    email !== null && text !== null && addressKeysIn(text, Number.POSITIVE_INFINITY).includes(email);
  for (const { object, site, urlMd5: md5, adminEmail, texts } of rows) {
    const isOwn = site === null || sites.has(site) || holds(adminEmail);
    if (!isOwn && !holds(texts)) continue;
    names.objects.add(object);
    if (!isOwn) names.namedBy.add(site);
    else {
      if (site !== null) names.sites.add(site);
      if (md5 !== null) names.urlMd5s.add(md5);
    }
  }
}

function latestOf(names: Names, subject: Subject, until: Date, { latest }: HeldStores) {
  const parsed = [...names.objects].map(parseObjectName).filter((object) => object?.kind === 'deactivate');
  return latest.find({
    projectHash: subject.projectHash,
    sites: [...subject.sites],
    urlMd5s: [...subject.urlMd5s],
    unsharedMd5s: [...subject.unsharedMd5s],
    eventIds: parsed.map((object) => object?.id ?? ''),
    until,
  });
}

async function heldOf(
  names: Names,
  subject: Subject,
  traces: ReadTraces,
  latest: Held['latest'],
  stores: HeldStores,
): Promise<Held> {
  const { projectHash } = subject;
  const [sites, urlMd5s, unsharedMd5s] = [sorted(subject.sites), sorted(subject.urlMd5s), sorted(subject.unsharedMd5s)];
  const naming = await stores.latest.namedBy(projectHash, { sites, urlMd5s });
  const namedBy = sorted([...names.namedBy, ...naming]).filter((site) => !subject.sites.has(site));
  const clean = withoutNames(projectHash, keysOfSubject(subject).proving);
  const objects = sorted(names.objects);
  const counts = {
    archive: objects.filter(traces.isThere).length,
    mongodb: {
      ...countsOf(latest),
      mentions: await stores.latest.countUnclean(projectHash, namedBy, clean),
    },
    bigquery: { ...(await stores.history.count(objects)), ...(await stores.derived.count(projectHash, sites)) },
  };
  return { sites, urlMd5s, unsharedMd5s, objects, latest, namedBy, counts };
}

function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}
