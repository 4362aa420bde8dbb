import { hourPrefix, KINDS, type Kind, objectName } from '../../../shared/event/object-name.ts';
import { PermanentError } from '../../../shared/runtime/errors.ts';
import type { Archive } from '../../../shared/stores/archive.ts';
import type { ErasureCounts } from '../../../shared/stores/erasures.ts';
import type { SiteHistory } from '../../../shared/stores/site-history.ts';
import type { LatestOfSites, SiteLatest } from '../../../shared/stores/site-latest.ts';
import { concurrently } from '../concurrently.ts';
import type { Progress } from '../terminal.ts';
import type { Target } from './target.ts';
import { isOf, type Subject, tracesOf } from './traces.ts';

export interface HeldStores {
  archive: Pick<Archive, 'list' | 'read' | 'remove'>;
  latest: SiteLatest;
  history: SiteHistory;
}

/** What is known of a target beforehand. */
export interface Seed {
  projectHash: string;
  /** Lower-case. */
  email: string | null;
  /** Canonical. */
  sites: string[];
  urlMd5s: string[];
  /** Events that are the target's, by their objects' names. */
  objects: string[];
}

export function seedOf({ project, email, site, urlMd5s }: Target): Seed {
  return { projectHash: project.hash, email, sites: site === null ? [] : [site], urlMd5s, objects: [] };
}

/** Everything held about a target. An event is known by its object's name, whether or not the object is still there. */
export interface Held {
  /** Canonical, sorted. */
  sites: string[];
  /** What User-Agents call these sites and no other of the project, sorted. */
  urlMd5s: string[];
  /** Every event, sorted. */
  objects: string[];
  latest: LatestOfSites;
  counts: ErasureCounts;
}

export interface Range {
  /** Only the archive's hours from then on, where the rest was looked through before; null: all. */
  since: Date | null;
  /** Only what was received until then. */
  until: Date;
}

/**
 * Finds everything. The archive is read as a whole: rejected events, events that nothing worked on yet and the personal fields
 * of deactivations are nowhere else. What an object tells of further sites and md5s can make earlier ones theirs, so it
 * starts again until nothing new is found; the other stores know nearly all of them beforehand.
 */
export async function findHeld(
  seed: Seed,
  range: Range,
  { archive, latest, history }: HeldStores,
  progress: Progress,
): Promise<Held> {
  const names = { sites: new Set(seed.sites), urlMd5s: new Set(seed.urlMd5s) };
  for (;;) {
    const inStores = await searchStores(seed, names, range.until, { latest, history });
    const known = new Set([...seed.objects, ...inStores.objects]);
    const subject = { ...seed, sites: names.sites, urlMd5s: inStores.own, unsharedMd5s: inStores.unshared };
    const sizeBefore = names.sites.size + names.urlMd5s.size;
    const inArchive = await searchArchive(subject, known, names, range, { archive }, progress);
    if (names.sites.size + names.urlMd5s.size > sizeBefore) continue;
    const objects = [...new Set([...known, ...inArchive])].sort();
    const counts = {
      archive: inArchive.length,
      mongodb: countsOf(inStores.latest),
      bigquery: await history.count(objects),
    };
    const [sites, urlMd5s] = [[...names.sites].sort(), [...inStores.own].sort()];
    return { sites, urlMd5s, objects, latest: inStores.latest, counts };
  }
}

interface Names {
  sites: Set<string>;
  urlMd5s: Set<string>;
}

/** Looks in MongoDB and BigQuery, again and again while they tell of more names. */
async function searchStores(
  { projectHash, email }: Seed,
  names: Names,
  until: Date,
  { latest, history }: Pick<HeldStores, 'latest' | 'history'>,
) {
  for (;;) {
    const sizeBefore = names.sites.size + names.urlMd5s.size;
    const documents = email === null ? [] : await latest.sitesOfEmail(projectHash, email);
    for (const { site } of documents) names.sites.add(site);
    const { own, unshared } = await provenMd5s(projectHash, names, latest);
    const subject = { projectHash, sites: [...names.sites], urlMd5s: [...own], until };
    const events = await history.events({ ...subject, email });
    const held = await latest.find(subject);
    for (const { site } of events) if (site !== null) names.sites.add(site);
    for (const { urlMd5 } of events) if (urlMd5 !== null) names.urlMd5s.add(urlMd5);
    for (const { urlMd5s } of held.sites) for (const urlMd5 of urlMd5s) names.urlMd5s.add(urlMd5);
    if (names.sites.size + names.urlMd5s.size > sizeBefore) continue;
    const objects = events.map(({ kind, receivedAt, eventId }) => objectName(kind as Kind, receivedAt, eventId));
    return { own, unshared, latest: held, objects };
  }
}

/** An md5 that another site goes by as well proves nothing: anybody can send it. */
async function provenMd5s(projectHash: string, { sites, urlMd5s }: Names, latest: SiteLatest) {
  const names = { sites: [...sites], urlMd5s: [...urlMd5s] };
  const { inProject, elsewhere } = await latest.othersMd5s(projectHash, names);
  const own = names.urlMd5s.filter((urlMd5) => !inProject.has(urlMd5));
  return { own: new Set(own), unshared: new Set(own.filter((urlMd5) => !elsewhere.has(urlMd5))) };
}

const READS_AT_ONCE = 32;

/** The names of the subject's objects, and of those in `known`, that are in the archive. */
async function searchArchive(
  subject: Subject,
  known: ReadonlySet<string>,
  names: Names,
  range: Range,
  { archive }: Pick<HeldStores, 'archive'>,
  progress: Progress,
): Promise<string[]> {
  const found: string[] = [];
  const seen = { listed: 0, read: 0 };
  await concurrently(countedNames(archive, range, seen, progress), READS_AT_ONCE, async (name) => {
    const event = await archive.read(name).catch((error) => {
      if (error instanceof PermanentError) return undefined;
      throw error;
    });
    seen.read += 1;
    progress.update(seen.read, seen.listed);
    const traces = event && event.receivedAt <= range.until.toISOString() ? tracesOf(event) : undefined;
    const isSubjects = traces !== undefined && isOf(traces, subject);
    if (isSubjects && traces.site !== null) {
      names.sites.add(traces.site);
      if (traces.urlMd5 !== null) names.urlMd5s.add(traces.urlMd5);
    }
    if (isSubjects || known.has(name)) found.push(name);
  });
  return found;
}

async function* countedNames(
  archive: Pick<Archive, 'list'>,
  range: Range,
  seen: { listed: number; read: number },
  progress: Progress,
): AsyncIterable<string> {
  for (const prefix of prefixesOf(range)) {
    for await (const name of archive.list(prefix)) {
      seen.listed += 1;
      progress.update(seen.read, seen.listed);
      yield name;
    }
  }
}

const HOUR_MS = 3_600_000;

/** Names begin with the hour in which an event was received. */
function prefixesOf({ since, until }: Range): string[] {
  if (since === null) return KINDS.map((kind) => `${kind}/`);
  const first = Math.floor(since.getTime() / HOUR_MS);
  const hours = Math.floor(until.getTime() / HOUR_MS) - first + 1;
  return Array.from({ length: hours }, (_, n) => new Date((first + n) * HOUR_MS)).flatMap((hour) =>
    KINDS.map((kind) => hourPrefix(kind, hour)),
  );
}

function countsOf({ sites, deactivations, optOuts }: LatestOfSites) {
  return { sites: sites.length, deactivations: deactivations.length, optOuts: optOuts.length };
}

/** Of everything. */
export function totalOf({ archive, mongodb, bigquery }: ErasureCounts): number {
  return [archive, ...Object.values(mongodb), ...Object.values(bigquery)].reduce((sum, count) => sum + count, 0);
}
