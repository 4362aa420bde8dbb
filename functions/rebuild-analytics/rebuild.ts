import { addDays, type Day, daysBetween } from '../../shared/figures/days.ts';
import {
  ACTIVE_DAYS,
  COMPLETE_AFTER_MS,
  DAILY_HOUR,
  LATE_DAYS_OF_A_RUN,
  LEASE_MS,
} from '../../shared/figures/definitions.ts';
import { CUSTOM_FIELD_KEY } from '../../shared/project/custom-fields.ts';
import { concurrently } from '../../shared/runtime/concurrently.ts';
import { BusyError } from '../../shared/runtime/errors.ts';
import { failureName, type Log } from '../../shared/runtime/log.ts';
import type { LateDayDocument, LateDays } from '../../shared/stores/figures/late-days.ts';
import type { Lease, Leases } from '../../shared/stores/figures/leases.ts';
import type { DerivedTables } from '../../shared/stores/history/derived-tables.ts';
import type { HistoryStream } from '../../shared/stores/history/history-reader.ts';
import type { Copies, Copy } from '../../shared/stores/sites/copies.ts';
import { changedDays, copies as copiesOfDay, firstDay, projectDays, siteDays, siteLives } from './derivations.ts';
import type { PublishRun } from './publish.ts';

export interface Stores {
  history: Pick<HistoryStream, 'query' | 'stream'>;
  tables: DerivedTables;
  lateDays: LateDays;
  leases: Leases;
  copies: Copies;
  projects: { customFieldKeys(): Promise<string[]> };
  /** Shows readers what the tables say; gives of how many projects, and of how many it could not. */
  publish(run: PublishRun): Promise<Published>;
  log: Log;
}

interface Published {
  projects: number;
  failed: number;
}

export interface Extent {
  now: Date;
  /** Late days that it does at most, the oldest first. */
  lateDays?: number;
  /** How many of how many days of the tables are made. */
  progress?: (done: number, total: number) => void;
}

const LEASE = 'rebuild';
const HOUR_MS = 3_600_000;
/** BigQuery lets 50 partitions of a table be replaced in ten seconds. */
const DAYS_AT_ONCE = 4;
/** Below this the details of a day that goes on are made each time, else when it has ended. */
const DETAILS_BYTES = 2 ** 30;

/**
 * Brings the tables of days up to the history: what sites said on the days that may have changed, then their lives, then the
 * figures of every day that these change. Each step replaces what it makes, and nothing is forgotten before all is done: a run
 * that was killed is made good by the next. In the end readers are shown all of it at once. Gives how many days of figures it
 * made. Throws BusyError when another one is at it.
 */
export async function rebuild(stores: Stores, extent: Extent): Promise<Published & { days: number }> {
  const lease = await stores.leases.take(LEASE, LEASE_MS);
  if (lease === undefined) throw new BusyError('another rebuild is under way');
  try {
    const done = await rebuildUnder(lease, stores, extent);
    await lease.release(extent.now);
    return done;
  } catch (error) {
    // what was not done says itself; if not even this can be written, the lease ends by itself
    await lease.release().catch(() => {});
    throw error;
  }
}

async function rebuildUnder(lease: Lease, stores: Stores, extent: Extent): Promise<Published & { days: number }> {
  const work = await planWork(lease, stores, extent);
  const step = progressOf(work, lease, extent);
  await makeSiteDays(work, step, stores);
  const { figures, noted } = await foldLives(work, stores);
  const ofFirst = new Map(lease.doneSince === null ? work.late.map((mark) => [mark._id, mark]) : []);
  await makeFigures(figures, work, stores, async (day) => {
    // all of a first time is published in the end, so that a day need not be made again when it ends early
    const mark = ofFirst.get(day);
    if (mark) await stores.lateDays.remove([mark]);
    await step();
  });
  await noteCopies(work.today, stores);
  const published = await stores.publish({
    days: figures,
    through: addDays(dayOf(new Date(work.now.getTime() - COMPLETE_AFTER_MS)), -1),
    today: work.today,
    generation: lease.generation,
    now: work.now,
    full: lease.doneSince === null,
  });
  await stores.lateDays.remove([...work.late, ...noted]);
  return { days: figures.length, ...published };
}

interface Work {
  now: Date;
  today: Day;
  /** Days that may have changed without anybody's word: today, and what was not over when the last run began. */
  open: Day[];
  late: LateDayDocument[];
}

/** The days that a run without a limit would make of the history. */
export async function daysOfRun({ history, lateDays, leases }: Stores, now: Date): Promise<Day[]> {
  const today = dayOf(now);
  const doneSince = await leases.doneSince(LEASE);
  if (doneSince === null) {
    const [row] = await history.query(firstDay().sql, {});
    return typeof row?.day === 'string' ? daysFrom(row.day, today) : [];
  }
  const waiting = await lateDays.waiting(today, Number.MAX_SAFE_INTEGER);
  return [...new Set([...waiting.map(({ _id }) => _id), ...openDays(doneSince, today)])].sort();
}

async function planWork(lease: Lease, { history, lateDays }: Stores, { now, lateDays: most }: Extent): Promise<Work> {
  const today = dayOf(now);
  const isFirst = lease.doneSince === null;
  if (isFirst && lease.begunSince === null) {
    const [row] = await history.query(firstDay().sql, {});
    if (typeof row?.day === 'string') await lateDays.want(daysFrom(row.day, today), false);
    await lease.begin(now);
  }
  const limit = isFirst ? Number.MAX_SAFE_INTEGER : (most ?? LATE_DAYS_OF_A_RUN);
  return {
    now,
    today,
    open: openDays(lease.doneSince ?? lease.begunSince ?? now, today),
    late: await lateDays.waiting(today, limit),
  };
}

/** What no run has seen closed, and today. */
function openDays(doneSince: Date, today: Day): Day[] {
  return daysFrom(earlier(openSince(doneSince), today), today);
}

/** What is on its way when a day ends has some time to arrive; what comes later says so itself. */
function openSince(time: Date): Day {
  return dayOf(new Date(time.getTime() - DAILY_HOUR * HOUR_MS));
}

async function makeSiteDays({ open, late }: Work, step: Step, { tables, lateDays }: Stores): Promise<void> {
  const known = new Map(late.map((mark) => [mark._id, mark]));
  const days = [...new Set([...late.filter(({ isMade }) => !isMade).map(({ _id }) => _id), ...open])];
  await concurrently(days, DAYS_AT_ONCE, async (day) => {
    await tables.replace({ table: 'site_days', day }, siteDays(day));
    const mark = known.get(day);
    if (mark) await lateDays.noteMade(mark);
    await step();
  });
}

/** Gives the days whose figures are to be made, the oldest first, and what was noted so that no crash forgets one. */
async function foldLives(
  { open, late, today }: Work,
  { history, tables, lateDays }: Stores,
): Promise<{ figures: Day[]; noted: LateDayDocument[] }> {
  const touched = [...open, ...late.map(({ _id }) => _id)];
  const changed = touched.reduce(earlier);
  const figures = new Set(touched.flatMap((day) => daysFrom(day, earlier(addDays(day, ACTIVE_DAYS), today))));
  const noted: LateDayDocument[] = [];
  if (figures.size <= daysBetween(changed, today)) {
    const { sql, params } = changedDays(changed, today);
    const days = (await history.query(sql, params)).map(({ day }) => String(day));
    const further = new Set(days.filter((day) => !figures.has(day)));
    // before the lives are replaced, for afterwards nothing tells
    await lateDays.want([...further], true);
    const waiting = await lateDays.waiting(today, Number.MAX_SAFE_INTEGER);
    noted.push(...waiting.filter(({ _id, isMade }) => isMade && further.has(_id)));
    for (const day of further) figures.add(day);
  }
  await tables.replace({ table: 'site_lives' }, siteLives(changed, today));
  return { figures: [...figures].sort(), noted };
}

async function makeFigures(
  days: Day[],
  { now }: Work,
  { tables, projects }: Stores,
  made: (day: Day) => Promise<void>,
): Promise<void> {
  // one that no query can quote would take every project's figures with it
  const customFieldKeys = (await projects.customFieldKeys()).filter((key) => CUSTOM_FIELD_KEY.test(key));
  await concurrently(days, DAYS_AT_ONCE, async (day) => {
    const detailed = projectDays(day, { customFieldKeys, details: true });
    const hasDetails = day < openSince(now) || (await tables.bytesOf(detailed)) <= DETAILS_BYTES;
    await tables.replace({ table: 'project_days', day }, hasDetails ? detailed : projectDays(day, {}));
    await made(day);
  });
}

/** Lists of sites leave copies out by this; charts do without, and are not to wait for what a stranger can make long. */
async function noteCopies(today: Day, { history, copies, log }: Stores): Promise<void> {
  async function* found(): AsyncIterable<Copy> {
    for await (const { project_hash: project, site, copy_of: copyOf } of history.stream(copiesOfDay(today))) {
      yield { project: String(project), site: String(site), copyOf: String(copyOf) };
    }
  }
  try {
    await copies.note(found());
  } catch (error) {
    log('WARNING', 'copies not noted', { error: failureName(error) });
  }
}

type Step = () => Promise<void>;

function progressOf({ open, late }: Work, lease: Lease, { progress = () => {} }: Extent): Step {
  let done = 0;
  const total = 2 * new Set([...open, ...late.map(({ _id }) => _id)]).size;
  return async () => {
    done += 1;
    progress(done, Math.max(total, done));
    await lease.extend();
  };
}

function dayOf(time: Date): Day {
  return time.toISOString().slice(0, 10);
}

function daysFrom(first: Day, last: Day): Day[] {
  return Array.from({ length: Math.max(0, daysBetween(first, last) + 1) }, (_, days) => addDays(first, days));
}

function earlier(one: Day, other: Day): Day {
  return one < other ? one : other;
}
