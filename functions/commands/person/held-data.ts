import type { ErasureCounts } from '../../../shared/stores/erasures.ts';
import type { LatestOfSites } from '../../../shared/stores/sites/site-latest.ts';
import type { SiteShare } from './site-share.ts';
import type { Target } from './target.ts';

/** What is known of a target beforehand. */
export interface Seed {
  projectHash: string;
  /** The hashes of the other projects. */
  otherProjects: string[];
  /** See addressKey. */
  email: string | null;
  /** Canonical. */
  sites: string[];
  urlMd5s: string[];
  /** Events that are the target's, by their objects' names. */
  objects: string[];
}

export function seedOf({ project, email, site }: Target, projects: { hash: string }[]): Seed {
  const otherProjects = projects.map(({ hash }) => hash).filter((hash) => hash !== project.hash);
  const sites = site === null ? [] : [site];
  return { projectHash: project.hash, otherProjects, email, sites, urlMd5s: [], objects: [] };
}

/** Everything held about a target. An event is known by its object's name, whether or not the object is still there. */
export interface Held {
  /** Canonical, sorted. */
  sites: string[];
  /** What User-Agents call these sites and no other of the project, sorted. */
  urlMd5s: string[];
  /** Of these md5s those that stand for no site of another project either, sorted. */
  unsharedMd5s: string[];
  /** Every event, sorted. */
  objects: string[];
  latest: LatestOfSites;
  /** Other sites of the project, of which an event holds the address, or a document names one of these sites. Sorted. */
  namedBy: string[];
  /** Of an address: the sites that were reported under it, by name; those whose events alone go are in `namedBy`. */
  shares: SiteShare[];
  counts: ErasureCounts;
}

export function countsOf({ sites, deactivations, optOuts, unclaimed }: LatestOfSites) {
  return {
    sites: sites.length,
    deactivations: deactivations.length,
    optOuts: optOuts.length,
    unclaimed: unclaimed.length,
  };
}

/** Of everything. */
export function totalOf({ archive, mongodb, bigquery }: ErasureCounts): number {
  return [archive, ...Object.values(mongodb), ...Object.values(bigquery)].reduce((sum, count) => sum + count, 0);
}
