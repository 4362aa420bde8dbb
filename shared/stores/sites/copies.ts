import type { AnyBulkWriteOperation, Db } from 'mongodb';
import { inBatches } from '../../runtime/batches-of.ts';
import { transient } from '../../runtime/errors.ts';
import { digestSet } from './digest-set.ts';
import { type SiteDocument, siteKey } from './sites.ts';

/** A site that shares everything but the url with another one of its project. */
export interface Copy {
  project: string;
  site: string;
  /** The site that reported first. */
  copyOf: string;
}

/** Which sites are copies, as the charts count them; noted on the sites for those who list them. */
export interface Copies {
  /**
   * These are copies now, and no others; in any order, each once. Writes to the sites of which that changed alone, and holds
   * sixteen bytes of each: anybody can make many.
   */
  note(copies: AsyncIterable<Copy> | Iterable<Copy>): Promise<void>;
}

const WRITES_AT_ONCE = 1000;

export function openCopies(db: Db): Copies {
  const sites = db.collection<SiteDocument>('sites');
  // texts alone, by their index: null is less
  const marked = () => sites.find({ cloneOf: { $gt: '' } }).project<{ _id: string; cloneOf: string }>({ cloneOf: 1 });
  return {
    note: (copies) =>
      transient('sites', async () => {
        const [noted, wanted] = [digestSet(), digestSet()];
        for await (const { _id, cloneOf } of marked()) noted.add(pairOf(_id, cloneOf));
        let kept = 0;
        async function* changes(): AsyncGenerator<Change> {
          for await (const { project, site, copyOf } of copies) {
            const _id = siteKey(project, site);
            const pair = pairOf(_id, copyOf);
            wanted.add(pair);
            if (noted.has(pair)) kept += 1;
            else yield change(_id, copyOf);
          }
        }
        async function* endings(): AsyncGenerator<Change> {
          for await (const { _id, cloneOf } of marked()) {
            if (!wanted.has(pairOf(_id, cloneOf))) yield change(_id, null);
          }
        }
        const write = async (all: AsyncIterable<Change>) => {
          for await (const some of inBatches(all, WRITES_AT_ONCE)) await sites.bulkWrite(some, { ordered: false });
        };
        await write(changes());
        if (kept < noted.size) await write(endings());
      }),
  };
}

type Change = AnyBulkWriteOperation<SiteDocument>;

function change(_id: string, cloneOf: string | null): Change {
  // the revision makes a writer who read the document before look again
  return { updateOne: { filter: { _id }, update: { $set: { cloneOf }, $inc: { revision: 1 } } } };
}

function pairOf(_id: string, copyOf: string): string {
  return `${_id}\n${copyOf}`;
}
