import type { AnyBulkWriteOperation, Db } from 'mongodb';
import { transient } from '../../runtime/errors.ts';
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
  /** These are copies now, and no others. Writes to the sites of which that changed alone. */
  note(copies: readonly Copy[]): Promise<void>;
}

const WRITES_AT_ONCE = 1000;

export function openCopies(db: Db): Copies {
  const sites = db.collection<SiteDocument>('sites');
  const change = (_id: string, cloneOf: string | null): AnyBulkWriteOperation<SiteDocument> => ({
    // the revision makes a writer who read the document before look again
    updateOne: { filter: { _id }, update: { $set: { cloneOf }, $inc: { revision: 1 } } },
  });
  return {
    note: (copies) =>
      transient('sites', async () => {
        const wanted = new Map(copies.map(({ project, site, copyOf }) => [siteKey(project, site), copyOf]));
        const changes: AnyBulkWriteOperation<SiteDocument>[] = [];
        // texts alone, by their index: null is less
        const marked = sites
          .find({ cloneOf: { $gt: '' } })
          .project<Pick<SiteDocument, '_id' | 'cloneOf'>>({ cloneOf: 1 });
        for await (const { _id, cloneOf } of marked) {
          const now = wanted.get(_id) ?? null;
          wanted.delete(_id);
          if (now !== cloneOf) changes.push(change(_id, now));
        }
        for (const [_id, cloneOf] of wanted) changes.push(change(_id, cloneOf));
        for (let start = 0; start < changes.length; start += WRITES_AT_ONCE) {
          await sites.bulkWrite(changes.slice(start, start + WRITES_AT_ONCE), { ordered: false });
        }
      }),
  };
}
