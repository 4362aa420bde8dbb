import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import { TransientError } from '../../runtime/errors.ts';
import { groupCalls, type Outcome } from '../group-commit.ts';
import { DUPLICATE_KEY, writeTogether } from '../mongodb.ts';
import { readSome } from './read-some.ts';
import type { SiteDocument } from './sites.ts';

/** What makes a site's next document of the one that is known. */
export interface SiteUpdate {
  id: string;
  /** Gives what is known, none as well, when there is nothing to change; asked again, of what it made, it changes nothing. */
  merge(known: SiteDocument | undefined): SiteDocument | undefined;
}

/** What became of a site; none: there is no such site. */
type Stored = Outcome<SiteDocument | undefined>;

/** Two writers of one site rarely meet; so many in a row do not. */
const MAX_ATTEMPTS = 50;
/** Documents of some kilobytes, read and written at once. */
const MAX_UPDATES = 500;

/**
 * Folds updates into their sites. Those that are under way at the same moment share one read and one write, those of one site
 * one document. Resolves with what is stored, once it is.
 */
export function openSiteUpdates(
  sites: Collection<SiteDocument>,
): (update: SiteUpdate) => Promise<SiteDocument | undefined> {
  const limits = { maxItems: MAX_UPDATES, maxSize: MAX_UPDATES, sizeOf: () => 1 };
  return groupCalls<SiteUpdate, SiteDocument | undefined>((updates) => updateAll(sites, updates), limits);
}

async function updateAll(sites: Collection<SiteDocument>, updates: SiteUpdate[]): Promise<Stored[]> {
  const outcomes = new Map<SiteUpdate, Stored>();
  let open = updates;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && open.length > 0; attempt += 1) {
    for (const [update, outcome] of await attemptAll(sites, open)) outcomes.set(update, outcome);
    open = open.filter((update) => !outcomes.has(update));
  }
  const error = new TransientError('sites: too many writers of one site', { cause: undefined });
  return updates.map((update) => outcomes.get(update) ?? { error });
}

/** A site's updates, and what they make of it. */
interface Fold {
  known: SiteDocument | undefined;
  merged: SiteDocument | undefined;
  updates: SiteUpdate[];
}

/** What came to its end; the rest met another writer, and has to look again. */
async function attemptAll(sites: Collection<SiteDocument>, updates: SiteUpdate[]): Promise<Map<SiteUpdate, Stored>> {
  const outcomes = new Map<SiteUpdate, Stored>();
  for (let left = updates; left.length > 0; ) {
    const ids = [...new Set(left.map(({ id }) => id))];
    const { documents, isAll } = await readSome(sites.find<SiteDocument>({ _id: { $in: ids } }));
    const known = new Map(documents.map((document) => [document._id, document]));
    // of one that was not read nobody knows yet whether it is there
    const isTurn = ({ id }: SiteUpdate) => isAll || known.has(id);
    const ended = await foldAll(sites, left.filter(isTurn), known);
    for (const [update, outcome] of ended) outcomes.set(update, outcome);
    left = left.filter((update) => !isTurn(update));
  }
  return outcomes;
}

async function foldAll(sites: Collection<SiteDocument>, updates: SiteUpdate[], documents: Map<string, SiteDocument>) {
  const outcomes = new Map<SiteUpdate, Stored>();
  const settle = ({ updates: own }: Fold, outcome: Stored) => {
    for (const update of own) if (!outcomes.has(update)) outcomes.set(update, outcome);
  };
  const ids = [...new Set(updates.map(({ id }) => id))];
  const folds = ids.map((id): Fold => {
    const own = updates.filter((update) => update.id === id);
    return { known: documents.get(id), merged: documents.get(id), updates: own };
  });
  for (const fold of folds) {
    for (const update of fold.updates) {
      try {
        fold.merged = update.merge(fold.merged);
      } catch (error) {
        outcomes.set(update, { error });
      }
    }
  }
  const changed = folds.filter((fold) => fold.merged !== fold.known);
  for (const fold of folds) {
    if (fold.merged === fold.known) settle(fold, { value: fold.known });
  }
  for (const [fold, outcome] of await writeAll(sites, changed)) settle(fold, outcome);
  return outcomes;
}

function nextOf({ known, merged }: Fold): SiteDocument {
  return { ...(merged as SiteDocument), revision: (known?.revision ?? 0) + 1 };
}

/** A new site is an upsert of what no document has: so all are one command, and one that came meanwhile is a duplicate key. */
function writeOf(fold: Fold): AnyBulkWriteOperation<SiteDocument> {
  const { _id, ...rest } = nextOf(fold);
  const isNew = fold.known === undefined;
  const filter = { _id, revision: fold.known?.revision ?? 0 };
  return { replaceOne: { filter, replacement: rest as SiteDocument, upsert: isNew } };
}

/**
 * Which of these are written, or refused for a reason of their own. MongoDB counts the documents that it found and does not name
 * them: when one of a command's was changed by another writer, all of them look again, and those that were written find nothing
 * to change.
 */
async function writeAll(sites: Collection<SiteDocument>, folds: Fold[]): Promise<Map<Fold, Stored>> {
  const outcomes = new Map<Fold, Stored>();
  if (folds.length === 0) return outcomes;
  for (const { items, result, refused } of await writeTogether(sites, folds, writeOf)) {
    const replaced = items.filter((fold) => fold.known !== undefined && !refused.has(fold));
    const isSure = result.matchedCount === replaced.length;
    for (const [index, fold] of items.entries()) {
      const isWritten = fold.known === undefined ? index in result.upsertedIds : isSure && !refused.has(fold);
      if (isWritten) outcomes.set(fold, { value: nextOf(fold) });
    }
    for (const [fold, error] of refused) if (error.code !== DUPLICATE_KEY) outcomes.set(fold, { error });
  }
  return outcomes;
}
