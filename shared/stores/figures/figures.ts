import type { Collection, Db } from 'mongodb';
import type { Day } from '../../figures/days.ts';
import type {
  AnalyticsDocument,
  Dimension,
  FigureDocuments,
  FigureName,
  Series,
  SeriesDocument,
} from '../../figures/documents.ts';
import { TransientError, transient } from '../../runtime/errors.ts';

/**
 * How a document of a series or a figure lies in MongoDB: with what it was before the rebuild that wrote it. Until that
 * rebuild has published the project's `analytics` document, readers take `previous`; so nobody sees some documents of one
 * rebuild with others of the next, even if a rebuild is killed between two of its writes.
 */
export type Versioned<T extends { generation: number }> = T & { previous: Omit<T, '_id'> | null };

/** What somebody wants to see together; `from` and `to` included. */
export interface Wanted<Name extends FigureName = FigureName> {
  series?: readonly { dimension: Dimension; from: Day; to: Day }[];
  figures?: readonly Name[];
}

/** Documents that are all of one rebuild. */
export interface Snapshot<Name extends FigureName = FigureName> {
  analytics: AnalyticsDocument;
  /** In the order in which they were wanted. */
  series: Series[];
  /** A figure that was not made yet is missing. */
  figures: { [One in Name]?: FigureDocuments[One] };
}

/** The figures of projects as the last rebuild published them. */
export interface Figures {
  /** undefined: nothing was published of this project yet. */
  read<Name extends FigureName = never>(project: string, wanted: Wanted<Name>): Promise<Snapshot<Name> | undefined>;
  overview(project: string): Promise<AnalyticsDocument | undefined>;
  /** When anything was published last; undefined before the first time. */
  newest(): Promise<AnalyticsDocument | undefined>;
}

/** Each further one means that two more rebuilds published the project while it was read. */
const MOST_TRIES = 5;

export function openFigures(db: Db): Figures {
  const analytics = db.collection<AnalyticsDocument>('analytics');
  const overview = async (project: string) => (await analytics.findOne({ _id: project })) ?? undefined;
  const read = async <Name extends FigureName>(project: string, { series = [], figures = [] }: Wanted<Name>) => {
    for (let attempt = 0; attempt < MOST_TRIES; attempt += 1) {
      const published = await overview(project);
      if (published === undefined) return undefined;
      const ids = {
        series: series.flatMap(({ dimension, from, to }) =>
          monthsOf(from, to).map((month) => seriesId(project, dimension, month)),
        ),
        figures: figures.map((name) => figureId(project, name)),
      };
      const found = await Promise.all([
        findVersions<SeriesDocument>(db.collection('series'), ids.series, published.generation),
        findVersions<FigureDocuments[FigureName]>(db.collection('figures'), ids.figures, published.generation),
      ]);
      const [seriesFound, figuresFound] = found;
      if (seriesFound === undefined || figuresFound === undefined) continue;
      return {
        analytics: published,
        series: series.map((wanted) => joined(project, wanted, seriesFound)),
        figures: Object.fromEntries(
          figures.flatMap((name) => {
            const figure = figuresFound.get(figureId(project, name));
            return figure === undefined ? [] : [[name, figure]];
          }),
        ) as Snapshot<Name>['figures'],
      };
    }
    throw new TransientError('the figures change while they are read', { cause: undefined });
  };
  return {
    read: (project, wanted) => transient('figures', () => read(project, wanted)),
    overview: (project) => transient('figures', () => overview(project)),
    newest: () =>
      transient('figures', async () => (await analytics.find().sort({ rebuiltAt: -1 }).limit(1).next()) ?? undefined),
  };
}

export function seriesId(project: string, dimension: Dimension, month: string): string {
  return `${project}:${dimension}:${month}`;
}

export function figureId(project: string, name: FigureName): string {
  return `${project}:${name}`;
}

/** The months from one day to another, `2026-01`, both included. */
export function monthsOf(from: Day, to: Day): string[] {
  const months: string[] = [];
  for (let month = from.slice(0, 7); month <= to.slice(0, 7); month = monthAfter(month)) months.push(month);
  return months;
}

function monthAfter(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7);
}

/** The documents as they were in this generation; undefined when one of them can tell that no more. */
async function findVersions<T extends { _id: string; generation: number }>(
  collection: Collection<Versioned<T> & { _id: string }>,
  ids: string[],
  generation: number,
): Promise<Map<string, T> | undefined> {
  const versions = new Map<string, T>();
  if (ids.length === 0) return versions;
  const documents = (await collection.find({ _id: { $in: ids } } as never).toArray()) as unknown as Versioned<T>[];
  for (const document of documents) {
    const { previous, ...current } = document;
    if (current.generation <= generation) versions.set(document._id, current as unknown as T);
    else if (previous !== null && previous.generation > generation) return undefined;
    else if (previous !== null) versions.set(document._id, { _id: document._id, ...previous } as unknown as T);
  }
  return versions;
}

/** A series over its months, with one table of names. */
function joined(
  project: string,
  { dimension, from, to }: { dimension: Dimension; from: Day; to: Day },
  documents: ReadonlyMap<string, SeriesDocument>,
): Series {
  const places = new Map<string, number>();
  const placeOf = (name: string) => {
    const place = places.get(name) ?? places.size;
    places.set(name, place);
    return place;
  };
  const days = monthsOf(from, to).flatMap((month) => {
    const document = documents.get(seriesId(project, dimension, month));
    if (document === undefined) return [];
    return document.days
      .filter(({ day }) => day >= from && day <= to)
      .map((day) => ({
        ...day,
        counts: day.counts.map(([index, count]): [number, number] => [placeOf(document.names[index] as string), count]),
      }));
  });
  return { dimension, names: [...places.keys()], days };
}
