import { type ErasureDocument, erasureKeys } from '../../../shared/stores/erasures.ts';
import type { SiteNames } from '../../../shared/stores/site-latest.ts';
import type { PersonStores } from './person-stores.ts';
import { addCounts, removeHeld } from './remove-held.ts';

/** Goes on with every erasure that is not done; gives their receipts as they are then. */
export async function resumeErasures(stores: Pick<PersonStores, 'archive' | 'latest' | 'history' | 'erasures'>) {
  const receipts: ErasureDocument[] = [];
  for (const receipt of await stores.erasures.pending()) receipts.push(await resumeErasure(receipt, stores));
  return receipts;
}

/** What MongoDB still has of a receipt's sites, which are told by their digests: a receipt has nothing else of them. */
export function namesOfReceipt(
  { project: projectHash, keys }: Pick<ErasureDocument, 'project' | 'keys'>,
  { latest }: Pick<PersonStores, 'latest'>,
): Promise<SiteNames> {
  const known = new Set(keys);
  return latest.names(projectHash, ({ site, urlMd5 }) => {
    const subject = { projectHash, sites: site ? [site] : [], urlMd5s: urlMd5 ? [urlMd5] : [] };
    return erasureKeys(subject).some((key) => known.has(key));
  });
}

async function resumeErasure(
  receipt: ErasureDocument,
  stores: Parameters<typeof resumeErasures>[0],
): Promise<ErasureDocument> {
  const { project: projectHash, erasedAt: until } = receipt;
  const latest = await stores.latest.find({ projectHash, ...(await namesOfReceipt(receipt, stores)), until });
  const objects = receipt.pending?.objects ?? [];
  const { removed, refused } = await removeHeld({ objects, latest }, until, stores);
  const done = refused.length === 0;
  const next: ErasureDocument = {
    ...receipt,
    removed: addCounts(receipt.removed, removed),
    status: done ? 'done' : 'pending',
    finishedAt: done ? new Date() : null,
    pending: done ? null : { tables: refused, objects },
  };
  await stores.erasures.put(next);
  return next;
}
