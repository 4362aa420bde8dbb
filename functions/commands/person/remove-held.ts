import { concurrently } from '../../../shared/runtime/concurrently.ts';
import type { ErasureCounts } from '../../../shared/stores/erasures.ts';
import { HELD_TABLES, type HeldTable } from '../../../shared/stores/history/site-history.ts';
import { SITE_TABLES } from '../../../shared/stores/sites/derived-sites.ts';
import type { Clean } from '../../../shared/stores/sites/site-latest.ts';
import type { MailClaims } from '../../../shared/stores/topics/mail-claims.ts';
import type { HeldStores } from './find-held.ts';
import type { Held } from './held-data.ts';
import type { EventsOfSites, Refold } from './refold-site.ts';

const REMOVALS_AT_ONCE = 32;

/** What was removed, and the tables in which BigQuery still has rows that it refuses to delete. */
export interface Removal {
  removed: ErasureCounts;
  refused: HeldTable[];
}

export type RemovalStores = Pick<HeldStores, 'archive' | 'latest' | 'history' | 'derived'> &
  Refold & { mailClaims: Pick<MailClaims, 'forget'> };

/** What is to be removed of what is held. */
export interface Removable extends Pick<Held, 'sites' | 'objects' | 'latest' | 'namedBy'> {
  projectHash: string;
  /** Of the documents of `namedBy`. */
  clean: Clean;
  /** Digests of all that it is about; see keyOf. */
  keys: readonly string[];
  /** Sites of which only some events go. */
  partly: string[];
  /** The objects of their other events, as of then. */
  othersNow: (sites: string[]) => Promise<EventsOfSites>;
  /** Where it is known: what has no row is not asked to remove any. */
  counts?: ErasureCounts;
}

/**
 * Removes what was received until `until`. What tells where the rest is goes after it: other sites' documents are made anew and
 * cleaned first, and the index goes last.
 */
export async function removeHeld(
  { projectHash, sites, objects, latest: documents, namedBy, clean, keys, partly, othersNow, counts }: Removable,
  until: Date,
  { archive, latest, history, derived, mailClaims, refold }: RemovalStores,
): Promise<Removal> {
  const removed = noCounts();
  const unclean = await latest.countUnclean(projectHash, partly, clean);
  await refold(projectHash, partly, othersNow);
  const mended = unclean - (await latest.countUnclean(projectHash, partly, clean));
  const mentions = mended + (await latest.clean(projectHash, namedBy, clean));
  await mailClaims.forget(keys, until);
  await concurrently(objects, REMOVALS_AT_ONCE, async (name) => {
    if (await archive.remove(name)) removed.archive += 1;
  });
  removed.mongodb = { ...(await latest.remove(documents, until)), mentions };
  const refused: HeldTable[] = [];
  const mayHold = (table: string) => counts?.bigquery[table] !== 0;
  for (const table of HELD_TABLES.filter(mayHold)) {
    const result = await history.remove(table, objects);
    removed.bigquery[table] = result.rows;
    if (result.refused) refused.push(table);
  }
  // after what it is made of, or the next rebuild would make it again
  if (SITE_TABLES.some(mayHold)) Object.assign(removed.bigquery, await derived.remove(projectHash, sites));
  return { removed, refused };
}

export function noCounts(): ErasureCounts {
  return {
    archive: 0,
    mongodb: { sites: 0, deactivations: 0, optOuts: 0, unclaimed: 0, mentions: 0 },
    bigquery: Object.fromEntries([...HELD_TABLES, ...SITE_TABLES].map((table) => [table, 0])),
  };
}

export function addCounts(one: ErasureCounts, other: ErasureCounts): ErasureCounts {
  return {
    archive: one.archive + other.archive,
    mongodb: addEach(one.mongodb, other.mongodb),
    bigquery: addEach(one.bigquery, other.bigquery),
  };
}

function addEach(one: Record<string, number>, other: Record<string, number>): Record<string, number> {
  const sums = { ...one };
  for (const [name, count] of Object.entries(other)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
