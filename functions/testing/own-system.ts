import type { StoredEvent } from '../../shared/event/envelope.ts';
import { objectName } from '../../shared/event/object-name.ts';
import type { Project } from '../../shared/project/project.ts';
import { urlMd5 } from '../../shared/report/site-id.ts';
import { openCohorts } from '../../shared/runtime/cohorts.ts';
import { type Archive, openArchive } from '../../shared/stores/archive/archive.ts';
import { openObjectBytes } from '../../shared/stores/archive/object-bytes.ts';
import { openLargeObjects } from '../../shared/stores/archive/work-in-turn.ts';
import { openErasures } from '../../shared/stores/erasures.ts';
import { openLateDays } from '../../shared/stores/figures/late-days.ts';
import { openEventKeys } from '../../shared/stores/history/event-keys.ts';
import { openHistory } from '../../shared/stores/history/history.ts';
import { openRejections } from '../../shared/stores/history/rejections.ts';
import { HELD_TABLES } from '../../shared/stores/history/site-history.ts';
import { applyIndexes } from '../../shared/stores/indexes.ts';
import { openProjects, type ProjectDocument } from '../../shared/stores/projects.ts';
import { openDeactivations } from '../../shared/stores/sites/deactivations.ts';
import { openOptOuts } from '../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../shared/stores/sites/unclaimed.ts';
import { openMailClaims } from '../../shared/stores/topics/mail-claims.ts';
import { openMailQuotas } from '../../shared/stores/topics/mail-quotas.ts';
import { giveDataset, takeDataset } from '../../shared/testing/spare-datasets.ts';
import { ownBucket, ownDatabase } from '../../shared/testing/stores.ts';
import { processEvent, type Stores } from '../process-event/process-event.ts';
import { sweep } from '../sweep/sweep.ts';

/** A system of a test's own: stores, and the functions that write them. */
export interface OwnSystem {
  /** What points a command at it. */
  env: Record<string, string>;
  db: ReturnType<typeof ownDatabase>['db'];
  stores: Stores;
  archive: Archive;
  /** As collect does: the event is in the archive, and nowhere else yet. */
  receive(event: StoredEvent): Promise<string>;
  /** As the functions do once they have read the event, whether or not it is still there. */
  work(event: StoredEvent): Promise<void>;
  /** As the functions do when they are told of an object. */
  notify(object: string): Promise<void>;
  /** `receive` and `work`. */
  process(...events: StoredEvent[]): Promise<void>;
  /** The same at once, by what the functions do in common: for events of which none needs what another one leaves. */
  processTogether(...events: StoredEvent[]): Promise<void>;
  /** As the scheduler does; `now` is the sweep's. */
  sweep(now: Date): Promise<Record<string, number>>;
  /** Every document, row and object, by where it is; receipts and projects apart. */
  contents(): Promise<Record<string, string>>;
  /** Every row of a table, by its time. */
  rows(table: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

type OwnDataset = Awaited<ReturnType<typeof takeDataset>>;

const COLLECTIONS = ['sites', 'deactivations', 'optOuts', 'unclaimed'];

export async function openOwnSystem(projects: Project[]): Promise<OwnSystem> {
  const [bucket, dataset, latest] = [await ownBucket(), await takeDataset(), ownDatabase()];
  const { db } = latest;
  const options = {
    projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '',
    dataset: dataset.id ?? '',
    maxBytesBilled: 2 ** 30,
  };
  const archive = openArchive({ bucket: bucket.name });
  const written = new Set<string>();
  const stores: Stores = {
    archive,
    largeObjects: openLargeObjects(),
    cohorts: openCohorts(),
    countryOf: () => null,
    now: () => new Date(),
    projects: openProjects(db),
    sites: openSites(db),
    deactivations: openDeactivations(db),
    optOuts: openOptOuts(db),
    history: noting(openHistory(options), (table) => written.add(table)),
    lateDays: openLateDays(db),
    rejections: noting(openRejections(options, { log: () => {} }), () => written.add('rejections')),
    unclaimed: openUnclaimed(db),
    eventKeys: noting(openEventKeys(options), () => written.add('event_keys')),
    erasures: openErasures(db),
    mailClaims: openMailClaims(db),
    mailQuotas: openMailQuotas(db),
    subscribers: { publish: async () => {} },
  };
  await putProjects(db, projects);
  const receive = async (event: StoredEvent) => {
    await archive.create(event);
    return objectName(event.kind, event.receivedAt, event.id);
  };
  const work = async (event: StoredEvent) => {
    const name = objectName(event.kind, event.receivedAt, event.id);
    const isThis: Archive['read'] = async (asked, maxBytes) => (asked === name ? event : archive.read(asked, maxBytes));
    await processEvent({ name }, { ...stores, archive: { read: isThis } });
  };
  const arrive = async (event: StoredEvent) => {
    await receive(event);
    await work(event);
  };
  const uri = new URL(process.env.MONGODB_URI ?? '');
  uri.pathname = `/${db.databaseName}`;
  return {
    env: { MONGODB_URI: uri.href, ARCHIVE_BUCKET: bucket.name, BIGQUERY_DATASET: options.dataset },
    db,
    stores,
    archive,
    rows: (table) => rowsOf(dataset, table),
    receive,
    work,
    notify: (name) => processEvent({ name }, stores),
    process: async (...events) => {
      for (const event of events) await arrive(event);
    },
    processTogether: async (...events) => {
      await Promise.all(events.map(arrive));
    },
    sweep: (now) => sweep({ ...stores, now: () => now }, now, () => {}),
    contents: () => contentsOf(db, dataset, bucket),
    close: async () => {
      await db.dropDatabase();
      await latest.close();
      await giveDataset(dataset, written);
      await bucket.deleteFiles({ force: true });
      await bucket.delete();
    },
  };
}

async function rowsOf(dataset: OwnDataset, table: string): Promise<Record<string, unknown>[]> {
  const query = `SELECT * FROM \`${dataset.id}.${table}\` WHERE received_at > TIMESTAMP '2000-01-01' ORDER BY received_at`;
  return (await dataset.bigQuery.query({ query }))[0];
}

async function contentsOf(
  db: OwnSystem['db'],
  dataset: OwnDataset,
  bucket: Awaited<ReturnType<typeof ownBucket>>,
): Promise<Record<string, string>> {
  const found: [string, unknown][] = [];
  for (const name of COLLECTIONS) {
    for (const document of await db.collection(name).find().toArray())
      found.push([`${name}/${document._id}`, document]);
  }
  for (const table of HELD_TABLES) {
    for (const row of (await dataset.table(table).getRows())[0]) {
      found.push([[`${table}/${row.event_id}`, row.key].filter(Boolean).join(' '), row]);
    }
  }
  const objects = openObjectBytes(bucket.storage, bucket.name);
  for (const { name } of (await bucket.getFiles())[0]) {
    found.push([name, (await objects.read(name, 2 ** 20))?.toString('utf8')]);
  }
  return Object.fromEntries(found.map(([place, value]) => [place, JSON.stringify(value)]).sort());
}

/** A store that says of each row that it is about to write it. */
function noting<A extends unknown[]>(store: { append(...args: A): Promise<void> }, note: (first: A[0]) => unknown) {
  return {
    append: (...args: A) => {
      note(args[0]);
      return store.append(...args);
    },
  };
}

/** As whoever creates them one by one does. */
async function putProjects(db: OwnSystem['db'], projects: Project[]): Promise<void> {
  if (projects.length === 0) return;
  await applyIndexes(db);
  const documents = projects.map(({ hash, ...project }) => ({ _id: hash, ...project }));
  await db.collection<ProjectDocument>('projects').insertMany(documents);
}

/** The User-Agent of a client whose site has this url. */
export function userAgentOf(url: string): string {
  return `Appsero/${urlMd5(url)};`;
}
