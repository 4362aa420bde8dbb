import type { Db } from 'mongodb';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { userAgentMd5 } from '../../../shared/event/envelope.ts';
import { objectName } from '../../../shared/event/object-name.ts';
import { isNameless } from '../../../shared/report/interpret.ts';
import { openCohorts } from '../../../shared/runtime/cohorts.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { PermanentError, transient } from '../../../shared/runtime/errors.ts';
import { openLargeObjects } from '../../../shared/stores/archive/work-in-turn.ts';
import { openCountries } from '../../../shared/stores/countries.ts';
import { openErasures } from '../../../shared/stores/erasures.ts';
import { applyIndexes } from '../../../shared/stores/indexes.ts';
import { openLatest } from '../../../shared/stores/mongodb.ts';
import { openProjects, type Projects } from '../../../shared/stores/projects.ts';
import { openDeactivations } from '../../../shared/stores/sites/deactivations.ts';
import { openOptOuts } from '../../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../../shared/stores/sites/unclaimed.ts';
import { ASKS_LATER } from '../../../shared/stores/topics/mail-outbox.ts';
import { processEvent, type Stores } from '../../process-event/process-event.ts';
import { CLAIM_MS } from '../../sweep/reject-unclaimed.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { readLatestConfig } from '../config.ts';
import { section, type Terminal } from '../terminal.ts';
import { costOfReading } from './estimate.ts';
import type { SendOptions } from './range-options.ts';
import type { RecoveryStores } from './recovery-stores.ts';
import { type Selection, selectObjects } from './select-objects.ts';
import { type Counts, countObjects, countRows } from './send-again.ts';
import { workThrough } from './work-through.ts';

interface RebuildResult extends Counts {
  estimatedUsd: number;
  folded: number;
}

const EVENTS_AT_ONCE = 32;
const BATCH = 1000;

/** Makes MongoDB anew in another database: the pipeline of process-event, without what it writes elsewhere. */
export async function rebuildInto(
  mongodbUri: string,
  selection: Selection,
  options: SendOptions,
  source: RecoveryStores,
  terminal: Terminal,
): Promise<void> {
  const target = openLatest(readTarget(mongodbUri));
  try {
    if (selection.after === undefined) await requireEmpty(target.db);
    const { objects, kinds } = await countObjects(selectObjects(selection, source), terminal);
    const plan = { objects, kinds, estimatedUsd: costOfReading(objects) };
    const done = (folded: number) => terminal.result<RebuildResult>({ ...plan, folded }, resultText, options);
    if (options.dryRun) return done(0);
    terminal.note(resultText({ ...plan, folded: 0 }));
    if (!options.yes) await terminal.confirm(`Make MongoDB anew in ${target.db.databaseName}?`);
    await prepare(source.db, target.db, isSame(source.config.mongodbUri, mongodbUri));
    done(await foldAll(selectObjects(selection, source), objects, { source, db: target.db, terminal }));
  } finally {
    await target.close();
  }
}

/** Throws CommandFailure (bad usage). */
function readTarget(mongodbUri: string) {
  try {
    return readLatestConfig({ MONGODB_URI: mongodbUri });
  } catch {
    throw new CommandFailure(EXIT.usage, '--into must be a mongodb:// uri that names the database');
  }
}

async function requireEmpty(db: Db): Promise<void> {
  const found = await transient('MongoDB', () => db.collection('sites').findOne({}, { projection: { _id: 1 } }));
  if (found !== null) throw new CommandFailure(EXIT.found, `${db.databaseName} has sites: name an empty database`);
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)];
  return a.host === b.host && a.pathname === b.pathname;
}

/** What is not made from the archive: without projects every event is one of a stranger. */
async function prepare(source: Db, target: Db, same: boolean): Promise<void> {
  await transient('MongoDB', async () => {
    await applyIndexes(target);
    for (const name of same ? [] : ['projects', 'erasures']) {
      for await (const document of source.collection(name).find()) {
        const { _id, ...rest } = document;
        await target.collection(name).replaceOne({ _id }, rest, { upsert: true });
      }
    }
  });
  if ((await target.collection('projects').findOne({})) !== null) return;
  throw new CommandFailure(EXIT.found, 'there are no projects: sitebeat projects create makes them, with --hash');
}

/**
 * First every event that names its project, in any order: a site is the same in each. Then, oldest first, the deactivations that
 * do not (client 1.2.3): whose site that is can be said once all sites are known. Until then they lie where those wait that live.
 */
async function foldAll(
  names: AsyncIterable<string>,
  total: number,
  { source: { archive }, db, terminal }: { source: RecoveryStores; db: Db; terminal: Terminal },
): Promise<number> {
  const stores = openTarget(db, archive);
  const { unclaimed } = stores;
  // nobody claims before all sites are known
  const unclaiming = { ...stores, unclaimed: { ...unclaimed, withMd5s: async () => [], remove: async () => {} } };
  const foldOne = async (name: string) => {
    const event = await readEvent(name, archive);
    if (!event) return;
    if (isNameless(event)) return putAside(event, stores);
    await processEvent({ name }, { ...unclaiming, archive: { read: async () => event } });
  };
  const work = (batch: string[]) => concurrently(batch, EVENTS_AT_ONCE, foldOne);
  const folding = { what: 'folding events', total, batchSize: BATCH, goesOnAfter: true, work };
  const folded = await workThrough(names, folding, terminal);
  for await (const { eventId, receivedAt } of unclaimed.waitingSince(stores.now())) {
    await processEvent({ name: objectName('deactivate', receivedAt, eventId) }, stores);
  }
  // a sweep would end these, and reject them once more
  for await (const { eventId } of unclaimed.waitingSince(new Date(stores.now().getTime() - CLAIM_MS))) {
    await unclaimed.remove(eventId);
  }
  await stores.sites.markSilent(stores.now(), Number.POSITIVE_INFINITY);
  return folded;
}

/** Stores that read, and write nothing but MongoDB. */
export function openTarget(db: Db, archive: RecoveryStores['archive']): Stores {
  const nothing = async () => {};
  return {
    archive,
    largeObjects: openLargeObjects(),
    cohorts: openCohorts(),
    countryOf: openCountries(),
    now: () => new Date(),
    projects: unarchived(openProjects(db)),
    sites: openSites(db),
    deactivations: openDeactivations(db),
    optOuts: openOptOuts(db),
    unclaimed: openUnclaimed(db),
    erasures: { ...openErasures(db), addLate: nothing },
    eventKeys: { append: nothing },
    history: { append: nothing },
    lateDays: { mark: nothing },
    rejections: { append: nothing },
    // under the key of the one that may have gone out before
    ...ASKS_LATER,
  };
}

/** What an archived project had reported before is still its. */
function unarchived(projects: Projects): Projects {
  return {
    ...projects,
    find: async (hash) => {
      const project = await projects.find(hash);
      return project && { ...project, archived: false };
    },
  };
}

/** undefined: it was erased; null: it is no event. */
export async function readEvent(
  name: string,
  archive: Pick<Stores['archive'], 'read'>,
): Promise<StoredEvent | null | undefined> {
  try {
    return await archive.read(name);
  } catch (error) {
    if (error instanceof PermanentError) return null;
    throw error;
  }
}

async function putAside({ id, receivedAt, userAgent }: StoredEvent, { unclaimed }: Stores): Promise<void> {
  const urlMd5 = userAgentMd5(userAgent);
  // its own time: the oldest is looked at first, and one that nobody claims waits no longer than it would have
  if (urlMd5 !== null) await unclaimed.put({ eventId: id, receivedAt, urlMd5 }, new Date(receivedAt));
}

function resultText({ folded, estimatedUsd, ...counts }: RebuildResult): string {
  if (folded > 0) return `${folded} events were folded`;
  return section([...countRows(counts), ['estimated cost', `$${estimatedUsd.toFixed(2)}`]]);
}
