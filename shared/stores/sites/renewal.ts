import type { AnyBulkWriteOperation, Collection, Db, Filter } from 'mongodb';
import { filterableKeys, isListedOtherwise, type Project } from '../../project/project.ts';
import { transient } from '../../runtime/errors.ts';
import { FORMER_INDEXES, hasIndex } from '../indexes.ts';
import { asProject, type ProjectDocument } from '../projects.ts';
import { type DeactivationDocument, hasText } from './deactivations.ts';
import { readSome } from './read-some.ts';
import { withDerived } from './site-derived.ts';
import { siteState, withState } from './site-state.ts';
import type { SiteDocument } from './sites.ts';

/** How many documents were made as they are written now. */
export interface Renewed {
  sites: number;
  deactivations: number;
}

/** What earlier versions wrote, or what was written for other filterable fields: made as process-event writes it now. */
export interface Renewal {
  /** How many documents are to be looked at. */
  count(): Promise<number>;
  /**
   * Renews them, a batch at a time; `onLooked` is told how many were looked at. What is renewed is found no more, so whoever is
   * interrupted begins again; only the sites of a project with other filterable fields are read from the first one on.
   */
  renew(now: Date, onLooked: (count: number) => void): Promise<Renewed>;
}

const BATCH = 500;
/** In MongoDB null is what is not there, too. */
const NO_STATE: Filter<SiteDocument> = { state: null as never };

/** `settled`: no instance works by what a project was before. */
export function openRenewal(db: Db, { settled }: { settled: () => Promise<unknown> }): Renewal {
  const sites = db.collection<SiteDocument>('sites');
  const deactivations = db.collection<DeactivationDocument>('deactivations');
  const readProjects = async () => (await db.collection<ProjectDocument>('projects').find().toArray()).map(asProject);
  return {
    count: () =>
      transient('MongoDB', async () => {
        const projects = await readProjects();
        let count = 0;
        for (const filter of await formerFilters(db, projects)) count += await sites.countDocuments(filter);
        for (const { hash } of projects.filter(isListedOtherwise))
          count += await sites.countDocuments({ project: hash });
        for (const { hash } of projects) count += await deactivations.countDocuments(withoutText(hash));
        return count;
      }),
    renew: (now, onLooked) =>
      transient('MongoDB', async () => {
        const projects = await readProjects();
        const renewed: Renewed = { sites: 0, deactivations: 0 };
        const writeSites = async (batch: SiteDocument[]) => {
          renewed.sites += await writeRenewed(sites, batch, projects, now);
          onLooked(batch.length);
        };
        for (const filter of await formerFilters(db, projects)) await eachBatch(sites, filter, writeSites);
        const others = projects.filter(isListedOtherwise);
        if (others.length > 0) await settled();
        for (const project of others) {
          for await (const batch of batchesOfProject(sites, project.hash)) await writeSites(batch);
          await noteListed(db, project);
        }
        for (const { hash } of projects) {
          await eachBatch(deactivations, withoutText(hash), async (batch) => {
            const changes = batch.map((document) => ({
              updateOne: {
                filter: { _id: document._id, revision: document.revision },
                update: { $set: { hasText: hasText(document) } },
              },
            }));
            renewed.deactivations += (await deactivations.bulkWrite(changes, { ordered: false })).modifiedCount;
            onLooked(batch.length);
          });
        }
        return renewed;
      }),
  };
}

function withoutText(project: string): Filter<DeactivationDocument> {
  return { project, hasText: null as never };
}

/**
 * What finds documents with the former `status`, each by an index. Beside a state it is what an instance of the earlier version
 * left that worked on until it was replaced; nothing finds that once the former index is dropped, but then there is no such instance.
 */
async function formerFilters(db: Db, projects: Project[]): Promise<Filter<SiteDocument>[]> {
  const [former] = FORMER_INDEXES.sites ?? [];
  if (former === undefined || !(await hasIndex(db, 'sites', former))) return [NO_STATE];
  const ofProjects = projects.map(({ hash }) => ({ project: hash, status: { $in: ['active', 'deactivated'] } }));
  return [NO_STATE, ...(ofProjects as Filter<SiteDocument>[])];
}

/** Until nothing is left that the filter finds: what is renewed it finds no more. */
async function eachBatch<T extends { _id: string }>(
  collection: Collection<T>,
  filter: Filter<T>,
  work: (batch: T[]) => Promise<void>,
): Promise<void> {
  for (;;) {
    const { documents } = await readSome(collection.find<T>(filter).limit(BATCH));
    if (documents.length === 0) return;
    await work(documents);
  }
}

async function* batchesOfProject(sites: Collection<SiteDocument>, hash: string): AsyncGenerator<SiteDocument[]> {
  for (let after = `${hash}:`; ; ) {
    const range = { _id: { $gt: after, $lt: `${hash};` } };
    const { documents } = await readSome(sites.find<SiteDocument>(range).sort({ _id: 1 }).limit(BATCH));
    const last = documents.at(-1);
    if (last === undefined) return;
    yield documents;
    after = last._id;
  }
}

/** Writes those that become something else; gives how many. */
async function writeRenewed(
  sites: Collection<SiteDocument>,
  batch: SiteDocument[],
  projects: Project[],
  now: Date,
): Promise<number> {
  const changes = batch.flatMap((known): AnyBulkWriteOperation<SiteDocument>[] => {
    const project = projects.find(({ hash }) => hash === known.project);
    const keys = project === undefined ? [] : filterableKeys(project);
    const renewed = withDerived(withState(known, siteState(known.clock, now)), keys);
    if (isSame(known, renewed)) return [];
    const { _id, ...rest } = { ...renewed, revision: known.revision + 1 };
    return [{ replaceOne: { filter: { _id, revision: known.revision }, replacement: rest } }];
  });
  return changes.length === 0 ? 0 : (await sites.bulkWrite(changes, { ordered: false })).modifiedCount;
}

/** The parts that stay are the very objects. */
function isSame(known: SiteDocument, renewed: SiteDocument): boolean {
  const entries = Object.entries(renewed);
  const isKept = ([name, value]: [string, unknown]) => known[name as keyof SiteDocument] === value;
  return entries.length === Object.keys(known).length && entries.every(isKept);
}

/** Unless its fields have been changed meanwhile. */
async function noteListed(db: Db, project: Project): Promise<void> {
  const { hash, customFields } = project;
  const unchanged = { _id: hash, customFields };
  await db
    .collection<ProjectDocument>('projects')
    .updateOne(unchanged, { $set: { listedBy: filterableKeys(project) } });
}
