import { createHash } from 'node:crypto';
import type { StoredEvent } from '../event/envelope.ts';
import { urlMd5 } from '../report/site-id.ts';
import { type Life, livesOf, type Moment } from './life.ts';
import { sentAt } from './sent.ts';
import { type World, worldOf } from './world.ts';

export interface PastOptions {
  projectHash: string;
  /** How many sites ever send something; copies of them come on top. */
  sites: number;
  /** How many days, the one of `until` with them. */
  days: number;
  /** The same seed gives the same past, event ids with it. */
  seed: number;
  /** Nothing was received then or later. */
  until: Date;
}

const DAY_MS = 86_400_000;

/**
 * What the sites of a plugin sent, as the archive holds it, in the order in which it was received: the plugin grows, its releases
 * spread, people leave, above all early, a bad release, and beside a rival. Memory is bounded by the sites.
 */
export function* simulatePast(options: PastOptions): Generator<StoredEvent> {
  const { days } = options;
  const world = worldOf(options);
  const calendar = enrol(world, options);
  for (let day = 0; day < days; day += 1) {
    const events: StoredEvent[] = [];
    for (const ongoing of calendar[day] as Ongoing[]) {
      for (const lived of momentsUntil(ongoing, day)) events.push(storedEvent(lived, { world, options }));
      if (ongoing.next) calendar[ongoing.next.day]?.push(ongoing);
    }
    calendar[day] = [];
    yield* received(events, options);
  }
}

/** The same events, site by site: each with its copies, in the order in which they were received. */
export function* simulateSites(options: PastOptions): Generator<StoredEvent[]> {
  const world = worldOf(options);
  for (let index = 0; index < options.sites; index += 1) {
    const events = beginnings(world, index).flatMap((ongoing) =>
      [...momentsUntil(ongoing, options.days - 1)].map((lived) => storedEvent(lived, { world, options })),
    );
    yield received(events, options);
  }
}

/** When the same events were received, and of which kind, in no order: told in less time than what they say. */
export function* pastMoments(options: PastOptions): Generator<Pick<StoredEvent, 'kind' | 'receivedAt'>> {
  const world = worldOf(options);
  const end = options.until.toISOString();
  for (let index = 0; index < options.sites; index += 1) {
    for (const ongoing of beginnings(world, index)) {
      for (const { moment } of momentsUntil(ongoing, options.days - 1)) {
        const receivedAt = receivedAtOf(moment, options);
        if (receivedAt < end) yield { kind: moment.kind, receivedAt };
      }
    }
  }
}

/** A life as far as it was lived. */
interface Ongoing {
  /** Unlike that of every other life of the past. */
  name: string;
  life: Life;
  moments?: Iterator<Moment>;
  next?: Moment | undefined;
  ordinal: number;
}

function beginnings(world: World, index: number): Ongoing[] {
  return livesOf(world, index).map((life, part) => ({ name: `${index}/${part}`, life, ordinal: 0 }));
}

/** Who is to be asked for requests, by day. */
function enrol(world: World, { sites, days }: PastOptions): Ongoing[][] {
  const calendar = Array.from({ length: days }, (): Ongoing[] => []);
  for (let index = 0; index < sites; index += 1) {
    for (const ongoing of beginnings(world, index)) calendar[ongoing.life.from]?.push(ongoing);
  }
  return calendar;
}

interface Lived {
  moment: Moment;
  /** Unlike that of every other moment of the past. */
  name: string;
}

function* momentsUntil(ongoing: Ongoing, day: number): Generator<Lived> {
  ongoing.moments ??= ongoing.life.moments();
  for (;;) {
    ongoing.next ??= ongoing.moments.next().value as Moment | undefined;
    if (ongoing.next === undefined || ongoing.next.day > day) return;
    const { next: moment, name, ordinal } = ongoing;
    ongoing.next = undefined;
    ongoing.ordinal += 1;
    yield { moment, name: `${name}/${ordinal}` };
  }
}

function storedEvent({ moment, name }: Lived, { world, options }: { world: World; options: PastOptions }): StoredEvent {
  const { projectHash, seed } = options;
  const start = startOf(options);
  const { url, payload, sender } = sentAt(moment, world, projectHash);
  const place = JSON.stringify([projectHash, seed, start, name]);
  return {
    id: createHash('sha256').update(place).digest('base64url').slice(0, 22),
    kind: moment.kind,
    receivedAt: receivedAtOf(moment, options),
    userAgent: `Appsero/${urlMd5(url)};`,
    contentType: 'application/x-www-form-urlencoded',
    senderAddress: sender,
    payload,
  };
}

/** In milliseconds since 1970. */
function startOf({ days, until }: PastOptions): number {
  return Date.parse(until.toISOString().slice(0, 10)) - (days - 1) * DAY_MS;
}

function receivedAtOf({ day, ms }: Moment, options: PastOptions): string {
  return new Date(startOf(options) + day * DAY_MS + ms).toISOString();
}

function received(events: StoredEvent[], { until }: PastOptions): StoredEvent[] {
  const end = until.toISOString();
  return events.filter(({ receivedAt }) => receivedAt < end).sort(byTime);
}

function byTime(one: StoredEvent, other: StoredEvent): number {
  const [first, second] = [`${one.receivedAt}/${one.id}`, `${other.receivedAt}/${other.id}`];
  return first < second ? -1 : first > second ? 1 : 0;
}
