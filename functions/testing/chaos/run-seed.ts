import type { ObjectReference } from '../../../shared/event/notification.ts';
import { objectName, parseObjectName } from '../../../shared/event/object-name.ts';
import type { SubscriberRequest } from '../../../shared/event/subscriber.ts';
import { openCohorts } from '../../../shared/runtime/cohorts.ts';
import { seededRandom } from '../../../shared/simulation/random.ts';
import type { Archive } from '../../../shared/stores/archive/archive.ts';
import { openLargeObjects } from '../../../shared/stores/archive/work-in-turn.ts';
import { openIntake } from '../../collect/intake.ts';
import { receive } from '../../collect/receive.ts';
import type { Stores } from '../../process-event/process-event.ts';
import { sweep } from '../../sweep/sweep.ts';
import { type ChaosSystem, mongodbStores, provisionSeed } from './chaos-system.ts';
import { faultlessOutcome, type Handler, PROCESS_EVENT, sweptAt } from './faultless.ts';
import { gatedDb, gatedStore } from './gated.ts';
import { compareOutcomes, findUnannounced, type Outcome, type Rows, readDocuments, readRowsOf } from './outcome.ts';
import { type Gate, type Job, runJobs } from './run-jobs.ts';
import { type SeedHistory, type SeedRequest, seedHistory } from './seed-history.ts';

/** What became of a seed. */
export interface SeedRun {
  seed: number;
  /** Events in the archive. */
  events: number;
  faults: number;
  /** See JobsRun. */
  trace: string[];
  /** What is not as it must be, a line each. */
  violations: string[];
}

/**
 * Lets a seed happen with faults: requests are collected, Pub/Sub delivers their objects in any order, more than once, until they
 * are acked, and two sweeps run at once. Then what was answered must be in the history or rejected, once, and all that the
 * stores hold must be what they hold when the same objects are worked on one after the other, without a fault.
 */
export async function runSeed(system: ChaosSystem, seed: number, handler: Handler = PROCESS_EVENT): Promise<SeedRun> {
  const [run] = await runSeeds(system, [seed], handler);
  return run as SeedRun;
}

/** Seeds that happen one after the other, and whose history is written and read as one. */
export async function runSeeds(
  system: ChaosSystem,
  seeds: readonly number[],
  handler: Handler = PROCESS_EVENT,
): Promise<SeedRun[]> {
  const ended: SeedEnd[] = [];
  for (const seed of seeds) ended.push(await letHappen(system, seed, handler));
  await Promise.all(ended.flatMap(({ happened }) => happened.appends.map((append) => append())));
  const rows = await readRowsOf(
    system.dataset,
    ended.map(({ history }) => history),
  );
  return ended.map((end, index) => ({ ...end.run, violations: findViolations(end, rows[index] as Rows) }));
}

/** A seed that has happened, but for its history. */
interface SeedEnd {
  run: Omit<SeedRun, 'violations'>;
  history: SeedHistory;
  happened: Happened;
  expected: Outcome;
  documents: Outcome['documents'];
  unannounced: string[];
}

async function letHappen(system: ChaosSystem, seed: number, handler: Handler): Promise<SeedEnd> {
  const random = seededRandom(seed);
  const history = seedHistory(seed, random);
  const { own, archive, faultless } = system;
  for (const db of [own.db, faultless]) await provisionSeed(history, db);
  const happened = newHappened();
  const stores = (gate: Gate) => gatedStores(system, history, happened, gate);
  const jobs: Job[] = [];
  const deliver = (object: ObjectReference) => {
    happened.stored.set(object.id, object);
    const run = async (gate: Gate) => handler(stores(gate), gatedDb(own.db, gate))(object);
    jobs.push({ name: `process-event ${object.id}`, isRetried: true, run });
  };
  jobs.push(...history.requests.map((request) => collectJob(request, archive, happened, deliver)));
  const worked = await runJobs(jobs, random);
  const sweeps = ['first', 'second'].map((name): Job => {
    const work = async (gate: Gate) => void (await sweep(stores(gate), sweptAt(history), () => {}));
    return { name: `${name} sweep`, isRetried: true, run: work };
  });
  const swept = await runJobs(sweeps, random);
  const end = {
    run: {
      seed,
      events: happened.stored.size,
      faults: worked.faults + swept.faults,
      trace: [...worked.trace, ...swept.trace],
    },
    history,
    happened,
    expected: await faultlessOutcome(
      inOrder(history, happened),
      { archive, countryOf: () => null },
      faultless,
      history,
    ),
    documents: await readDocuments(own.db, history),
    unannounced: await findUnannounced(own.db, history, happened.announced),
  };
  for (const db of [own.db, faultless]) {
    // a sweep looks at every project: the next seed's must find nothing of this one
    for (const name of ['unclaimed', 'projects', 'sites']) await db.collection(name).deleteMany({});
  }
  return end;
}

/** What happened beside the stores that are looked at in the end. */
interface Happened {
  /** Events that collect answered. */
  accepted: Set<string>;
  /** Objects that Pub/Sub was told of, by event. */
  stored: Map<string, ObjectReference>;
  /** `<site> <address>` */
  announced: Set<string>;
  /** What BigQuery took, in order. No function reads it meanwhile, so that it is written in the end, in few requests. */
  appends: (() => Promise<void>)[];
}

function newHappened(): Happened {
  return { accepted: new Set(), stored: new Map(), announced: new Set(), appends: [] };
}

function collectJob(
  { id, receivedAt, received, isCut }: SeedRequest,
  archive: Archive,
  { accepted }: Happened,
  deliver: (object: ObjectReference) => void,
): Job {
  const run = async (gate: Gate) => {
    const create: Archive['create'] = async (event, payloadText) => {
      // with an id of the seed's, so that it can be run again
      await archive.create({ ...event, id }, isCut ? '{"url":' : payloadText);
      const name = objectName(event.kind, event.receivedAt, id);
      deliver({ name, ...(parseObjectName(name) as Omit<ObjectReference, 'name'>) });
    };
    const now = () => receivedAt;
    const intake = openIntake({ now, log: () => {} });
    await receive(received, { archive: gatedStore({ create }, 'archive', gate), now, intake });
    accepted.add(id);
  };
  return { name: `collect ${id}`, isRetried: false, run };
}

function gatedStores(
  { own, archive }: ChaosSystem,
  { from }: SeedHistory,
  { announced, appends }: Happened,
  gate: Gate,
): Stores {
  const appended = <A extends unknown[]>(store: { append(...args: A): Promise<void> }) => ({
    append: async (...args: A) => void appends.push(() => store.append(...args)),
  });
  const history = appended(own.stores.history);
  const rejections = appended(own.stores.rejections);
  const eventKeys = appended(own.stores.eventKeys);
  const publish = async ({ site, address }: SubscriberRequest) => void announced.add(`${site} ${address}`);
  const remote = { archive, history, rejections, eventKeys, subscribers: { publish } };
  const gated = Object.entries(remote).map(([name, store]) => [name, gatedStore<object>(store, name, gate)]);
  return {
    ...mongodbStores(gatedDb(own.db, gate)),
    ...(Object.fromEntries(gated) as typeof remote),
    largeObjects: openLargeObjects(),
    cohorts: openCohorts(),
    countryOf: () => null,
    now: () => from,
  };
}

/** The objects by the time of their events. */
function inOrder({ requests }: SeedHistory, { stored }: Happened): ObjectReference[] {
  return requests
    .filter(({ id }) => stored.has(id))
    .sort((one, other) => one.receivedAt.getTime() - other.receivedAt.getTime() || (one.id < other.id ? -1 : 1))
    .map(({ id }) => stored.get(id) as ObjectReference);
}

function findViolations({ happened, expected, documents, unannounced }: SeedEnd, rows: Rows): string[] {
  const there = new Set(rows.rows.map((row) => row.split(' ')[1] as string));
  const lost = [...happened.accepted].filter((id) => !there.has(id));
  return [
    ...lost.map((id) => `answered, and neither in the history nor rejected: ${id}`),
    ...compareOutcomes(expected, { ...rows, documents }),
    ...unannounced.map((id) => `its admin was not announced: ${id}`),
  ];
}
