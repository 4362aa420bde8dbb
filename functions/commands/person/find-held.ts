import { objectName, parseObjectName } from '../../../shared/event/object-name.ts';
import { keysOf, NO_PROJECT } from '../../../shared/report/event-keys.ts';
import { siteSpellings, urlMd5 } from '../../../shared/report/site-id.ts';
import { batchesOf } from '../../../shared/runtime/batches-of.ts';
import type { Archive } from '../../../shared/stores/archive/archive.ts';
import type { EventKeys, KeyedObject } from '../../../shared/stores/history/event-keys.ts';
import type { HistoryEvent, SiteHistory } from '../../../shared/stores/history/site-history.ts';
import type { DerivedSites } from '../../../shared/stores/sites/derived-sites.ts';
import type { SiteLatest } from '../../../shared/stores/sites/site-latest.ts';
import type { Terminal } from '../terminal.ts';
import { foreignMd5s } from './foreign-md5s.ts';
import { countsOf, type Held, type Seed } from './held-data.ts';
import { indexedOf, type Lookup, openLookup } from './index-lookup.ts';
import { openTraces, type ReadTraces } from './read-traces.ts';
import type { EventsOfSites } from './refold-site.ts';
import { holdsAddress, type JudgedSite, sharesOf } from './site-share.ts';
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
  /** The events of sites that are none of the target's, as of now. */
  othersOf(sites: string[]): Promise<EventsOfSites>;
  /** Objects that were found and are removed. */
  noteRemoved(objects: string[]): void;
}

interface Names {
  sites: Set<string>;
  urlMd5s: Set<string>;
  /** Other sites, an event of which holds the address. */
  namedBy: Set<string>;
  /** Sites that were reported under the address. */
  judged: Map<string, JudgedSite>;
  /** Those of `urlMd5s` that were somebody else's before; of which the index may not know any more when what it tells is removed. */
  foreignMd5s: Set<string>;
  /** Sites whose other spellings were asked for. */
  spelled: Set<string>;
  /** Events that are the target's, by their objects. */
  objects: Set<string>;
}

/**
 * The index tells which objects are the target's, and each of them is read once for further names: sites of the address, md5s
 * of a site. What they lead to is asked for again, until nothing new is found. Only what earlier versions worked on, which is
 * in no index, is read as a whole. What an address is to a site is judged once: what was said to be removed is what is.
 */
export function openSearch(seed: Seed, stores: HeldStores, terminal: Terminal): Search {
  const names: Names = {
    sites: new Set(seed.sites),
    urlMd5s: new Set(seed.urlMd5s),
    namedBy: new Set(),
    judged: new Map(),
    foreignMd5s: new Set(),
    spelled: new Set(),
    objects: new Set(seed.objects),
  };
  const traces = openTraces(stores.archive, terminal);
  let unindexed: Promise<Date> | undefined;
  return {
    find: async (until) => {
      unindexed ??= readUnindexed(seed, traces, until, stores);
      return find(seed, names, traces, { until, completeSince: await unindexed }, stores);
    },
    othersOf: async (sites) => {
      const indexed = await indexedOf(seed.projectHash, sites, stores.eventKeys);
      const allOf = (site: string) =>
        sorted([...(names.judged.get(site)?.objects ?? []), ...(indexed.get(site) ?? [])]);
      return new Map(sites.map((site) => [site, allOf(site).filter((object) => !names.objects.has(object))]));
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
  const index = openLookup(stores.eventKeys, traces, until);
  await judgeSites(seed, names, traces, index, completeSince, stores);
  for (;;) {
    const sizeBefore = sizeOf(names);
    const subject = await subjectOf(seed, names, { traces, index, latest: stores.latest });
    const keys = keysOfSubject(subject);
    await index.ask(Object.values(keys).flatMap((some) => [...some]));
    await traces.read(names.objects);
    for (const one of index.found) if (isProven(one, keys, traces)) names.objects.add(one.object);
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

/** Which sites were reported under the address, and which of them are its own. */
async function judgeSites(
  { projectHash, otherProjects, email }: Seed,
  names: Names,
  traces: ReadTraces,
  index: Lookup,
  completeSince: Date,
  stores: HeldStores,
): Promise<void> {
  if (email === null) return;
  const none = { sites: new Set<string>(), urlMd5s: new Set<string>(), unsharedMd5s: new Set<string>() };
  const subject: Subject = { projectHash, otherProjects: new Set(otherProjects), email, ...none };
  await index.ask(Object.values(keysOfSubject(subject)).flatMap((some) => [...some]));
  const ofAddress = await rowsOf(subject, completeSince, stores);
  const reported = new Set(await stores.latest.withEmail(projectHash, email));
  for (const { site, adminEmail } of ofAddress)
    if (site !== null && holdsAddress(adminEmail, email)) reported.add(site);
  for (const one of traces.of.values()) {
    if (one === null || one.site === null || one.projectHash !== projectHash) continue;
    if (relationTo(one, subject) === 'admin') reported.add(one.site);
  }
  const sites = [...reported].filter((site) => !names.sites.has(site) && !names.judged.has(site));
  if (sites.length === 0) return;
  await index.ask(keysOf(projectHash, { sites }));
  const rows = [
    ...ofAddress,
    ...(await rowsOf({ ...subject, sites: new Set(sites), email: null }, completeSince, stores)),
  ];
  for (const one of sharesOf(sites, { projectHash, email, traces: traces.of, found: index.found, rows })) {
    const { site, removes } = one.share;
    names.judged.set(site, one);
    (removes === 'site' ? names.sites : names.namedBy).add(site);
  }
}

/** By its key alone; what names no project is looked into, for it may be another's by now, unless there is nothing to see. */
function isProven({ object, key }: KeyedObject, { proving, withoutProject }: SubjectKeys, traces: ReadTraces): boolean {
  return proving.has(key) || (withoutProject.has(key) && traces.of.get(object) === null);
}

function sizeOf({ sites, urlMd5s, namedBy, objects }: Names): number {
  return sites.size + urlMd5s.size + namedBy.size + objects.size;
}

/** An md5 that another site goes by as well, or that was there before, proves nothing, for anybody can send it; but that of a site's own url does. */
async function subjectOf(
  { projectHash, otherProjects, email, urlMd5s: seedMd5s }: Seed,
  names: Names,
  { traces, index, latest }: { traces: ReadTraces; index: Lookup; latest: SiteLatest },
): Promise<Subject> {
  const unasked = [...names.sites].filter((site) => !names.spelled.has(site));
  for (const site of unasked) names.spelled.add(site);
  for (const site of await latest.otherSpellings(projectHash, unasked)) names.sites.add(site);
  const spelled = new Set([...names.sites].flatMap(siteSpellings).map(urlMd5));
  const urlMd5s = [...new Set([...names.urlMd5s, ...spelled])];
  const { inProject, elsewhere } = await latest.othersMd5s(projectHash, { sites: [...names.sites], urlMd5s });
  const sent = urlMd5s.filter((md5) => !spelled.has(md5) && !inProject.has(md5) && !seedMd5s.includes(md5));
  await index.ask([projectHash, NO_PROJECT].flatMap((scope) => keysOf(scope, { urlMd5s: sent })));
  const sources = { projectHash, sites: names.sites, traces: traces.of, found: index.found };
  for (const md5 of foreignMd5s(sent, sources)) names.foreignMd5s.add(md5);
  const own = urlMd5s.filter((md5) => spelled.has(md5) || !(inProject.has(md5) || names.foreignMd5s.has(md5)));
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
    if (relation !== 'own') names.namedBy.add(one.site);
    else if (one.urlMd5 !== null) names.urlMd5s.add(one.urlMd5);
  }
}

/** Of a question, which may be 10 MB long. */
const MAX_NAMES_PER_QUERY = 20_000;

/** Rows whose objects may have expired. */
async function rowsOf(
  { projectHash, sites, urlMd5s, email }: Subject,
  before: Date,
  { history }: HeldStores,
): Promise<HistoryEvent[]> {
  const emailPart = email?.slice(0, email.lastIndexOf('@') + 1) ?? null;
  const [siteBatches, md5Batches] = [[...sites], [...urlMd5s]].map((names) =>
    batchesOf(names, MAX_NAMES_PER_QUERY),
  ) as [string[][], string[][]];
  const questions = Array.from({ length: Math.max(1, siteBatches.length, md5Batches.length) }, (_, n) => ({
    projectHash,
    sites: siteBatches[n] ?? [],
    urlMd5s: md5Batches[n] ?? [],
    emailPart: n === 0 ? emailPart : null,
    before,
  }));
  const rows: HistoryEvent[] = [];
  for (const question of questions) for (const row of await history.events(question)) rows.push(row);
  return rows;
}

function learnFromRows(names: Names, { sites, email }: Subject, rows: HistoryEvent[]): void {
  for (const { object, site, urlMd5: md5, adminEmail, texts } of rows) {
    const isOwn = site === null || sites.has(site);
    if (!isOwn && !holdsAddress(adminEmail, email) && !holdsAddress(texts, email)) continue;
    names.objects.add(object);
    if (!isOwn) names.namedBy.add(site);
    else if (md5 !== null) names.urlMd5s.add(md5);
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
  const shares = sorted(names.judged.keys()).map((site) => (names.judged.get(site) as JudgedSite).share);
  return { sites, urlMd5s, unsharedMd5s, objects, latest, namedBy, shares, counts };
}

function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}
