import { isDeepStrictEqual } from 'node:util';
import type { AnyBulkWriteOperation, Collection, Db } from 'mongodb';
import type { AnalyticsDocument, FigureDocuments, FigureName, SeriesDocument } from '../../figures/documents.ts';
import { transient } from '../../runtime/errors.ts';
import type { Versioned } from './figures.ts';

/**
 * Publishes figures: first a project's series and figures, in any order, each kept beside what it was before; then its
 * `analytics` document, by which readers begin to see them all at once. One writer at a time.
 */
export interface FiguresWriter {
  /** What readers see now, by project. */
  published(): Promise<Map<string, AnalyticsDocument>>;
  /** Writes those that changed. `published`: the generation of the project that readers see, 0 before the first. */
  putSeries(documents: SeriesDocument[], published: number): Promise<void>;
  putFigures(documents: FigureDocuments[FigureName][], published: number): Promise<void>;
  publish(document: AnalyticsDocument): Promise<void>;
  /** Notes what of these projects' series could not be published; the figures are to be made anew. The next `publish` forgets it. */
  noteMissed(projects: string[], months: string[]): Promise<void>;
  /** Removes all that there is of a project. */
  remove(project: string): Promise<void>;
}

export function openFiguresWriter(db: Db): FiguresWriter {
  const analytics = db.collection<AnalyticsDocument>('analytics');
  const collections = { series: db.collection<Document>('series'), figures: db.collection<Document>('figures') };
  return {
    published: () =>
      transient('analytics', async () => {
        const documents = await analytics.find().toArray();
        return new Map(documents.map((document) => [document._id, document]));
      }),
    putSeries: (documents, published) => transient('series', () => put(collections.series, documents, published)),
    putFigures: (documents, published) => transient('figures', () => put(collections.figures, documents, published)),
    publish: ({ _id, ...rest }) =>
      transient('analytics', async () => {
        await analytics.replaceOne({ _id }, rest as AnalyticsDocument, { upsert: true });
      }),
    noteMissed: (projects, months) =>
      transient('analytics', async () => {
        const note = { $set: { basis: null }, $addToSet: { missed: { $each: months } } };
        await analytics.updateMany({ _id: { $in: projects } }, note);
      }),
    remove: (project) =>
      transient('analytics', async () => {
        await analytics.deleteOne({ _id: project });
        const own = { _id: { $gte: `${project}:`, $lt: `${project};` } };
        await collections.series.deleteMany(own);
        await collections.figures.deleteMany(own);
      }),
  };
}

type Document = Versioned<SeriesDocument | FigureDocuments[FigureName]>;

async function put(
  collection: Collection<Document>,
  documents: (SeriesDocument | FigureDocuments[FigureName])[],
  published: number,
): Promise<void> {
  if (documents.length === 0) return;
  const ids = documents.map(({ _id }) => _id);
  const known = new Map((await collection.find({ _id: { $in: ids } }).toArray()).map((one) => [one._id, one]));
  const writes = documents.flatMap((document): AnyBulkWriteOperation<Document>[] => {
    const { _id, ...now } = document;
    const { _id: _, previous = null, ...before } = known.get(_id) ?? { _id };
    if ('generation' in before && isDeepStrictEqual({ ...before, generation: 0 }, { ...now, generation: 0 })) return [];
    if (!('generation' in before) && 'days' in now && now.days.length === 0) return [];
    // what was never published is nothing to go back to
    const last = 'generation' in before && before.generation <= published ? before : previous;
    return [{ replaceOne: { filter: { _id }, replacement: { ...now, previous: last } as Document, upsert: true } }];
  });
  if (writes.length > 0) await collection.bulkWrite(writes, { ordered: false });
}
