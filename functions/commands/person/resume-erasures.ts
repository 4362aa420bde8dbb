import { parseObjectName } from '../../../shared/event/object-name.ts';
import type { Day } from '../../../shared/figures/days.ts';
import { keyOf, NO_PROJECT } from '../../../shared/report/event-keys.ts';
import type { ErasureDocument } from '../../../shared/stores/erasures.ts';
import type { SiteNames } from '../../../shared/stores/sites/site-latest.ts';
import type { Terminal } from '../terminal.ts';
import type { PersonStores } from './person-stores.ts';
import { openTraces } from './read-traces.ts';
import { addCounts, removeHeld } from './remove-held.ts';
import { withoutNames } from './without-names.ts';

type Stores = Pick<PersonStores, 'archive' | 'latest' | 'history' | 'derived' | 'erasures' | 'lateDays'>;

/** Goes on with every erasure that is not done; gives their receipts as they are then. */
export async function resumeErasures(stores: Stores, terminal: Terminal): Promise<ErasureDocument[]> {
  const receipts: ErasureDocument[] = [];
  for (const receipt of await stores.erasures.pending()) receipts.push(await resumeErasure(receipt, stores, terminal));
  return receipts;
}

/** What MongoDB still has of a receipt's sites, which are told by their digests: a receipt has nothing else of them. */
export function namesOfReceipt(
  { project, keys }: Pick<ErasureDocument, 'project' | 'keys'>,
  { latest }: Pick<PersonStores, 'latest'>,
): Promise<SiteNames & { namedBy: string[] }> {
  const known = new Set(keys);
  return latest.names(project, (name) =>
    known.has('site' in name ? keyOf(project, 'site', name.site) : keyOf(project, 'md5', name.urlMd5)),
  );
}

/** The objects that a receipt has still to remove. */
export function objectsOfReceipt({ pending, late = [] }: Pick<ErasureDocument, 'pending' | 'late'>): string[] {
  return [...new Set([...(pending?.objects ?? []), ...late])];
}

async function resumeErasure(receipt: ErasureDocument, stores: Stores, terminal: Terminal): Promise<ErasureDocument> {
  const { project: projectHash, erasedAt: until } = receipt;
  // whoever put it may have died before it stood
  await stores.erasures.put(receipt);
  const keys = new Set(receipt.keys);
  const { sites, urlMd5s, namedBy } = await namesOfReceipt(receipt, stores);
  const objects = objectsOfReceipt(receipt);
  const parsed = objects.map(parseObjectName).filter((object) => object !== undefined);
  const latest = await stores.latest.find({
    projectHash,
    sites,
    urlMd5s,
    unsharedMd5s: urlMd5s.filter((md5) => keys.has(keyOf(NO_PROJECT, 'md5', md5))),
    eventIds: parsed.map(({ id }) => id),
    until,
  });
  const mentioning = [...namedBy, ...(await sitesIn(objects, projectHash, stores, terminal))];
  const clean = withoutNames(projectHash, keys);
  const held = { projectHash, sites, objects, latest, namedBy: mentioning, clean };
  const { removed, refused } = await removeHeld(held, until, stores);
  const done = refused.length === 0;
  // a rebuild may have made of rows that BigQuery kept what nobody has the names for any more
  if (done) await stores.lateDays.want(daysOf(parsed.map(({ hour }) => hour)), false);
  const next: ErasureDocument = {
    ...receipt,
    removed: addCounts(receipt.removed, removed),
    status: done ? 'done' : 'pending',
    finishedAt: done ? new Date() : null,
    pending: done ? null : { tables: refused, objects },
  };
  await stores.erasures.put(next, objects);
  return next;
}

function daysOf(times: Date[]): Day[] {
  return [...new Set(times.map((time) => time.toISOString().slice(0, 10)))];
}

/** Of which sites these objects are: their documents may still have what the objects said. */
async function sitesIn(
  objects: string[],
  projectHash: string,
  { archive }: Stores,
  terminal: Terminal,
): Promise<string[]> {
  const traces = openTraces(archive, terminal);
  await traces.read(objects);
  const ofProject = [...traces.of.values()].filter((one) => one?.projectHash === projectHash);
  return [...new Set(ofProject.map((one) => one?.site).filter((site) => typeof site === 'string'))];
}
