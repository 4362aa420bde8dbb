import type { Kind } from '../event/object-name.ts';
import { type Random, seededRandom, seedOf } from './random.ts';
import { currentReport, REASONS, TRADES, WORDS } from './report.ts';
import { releaseOn, type World } from './world.ts';

/** A site at one address; a copy shares all but `url`, and so says the same of itself. */
export interface Site {
  seed: number;
  /** The day on which it began. */
  born: number;
  url: string;
  client: 'current' | 'old' | 'playground';
  /** The address of whoever runs it. */
  owner: string;
}

/** A request of a site. */
export interface Moment {
  /** From 0, the first day of the past. */
  day: number;
  /** Since that day began. */
  ms: number;
  site: Site;
  kind: Kind;
  /** Absent: it is `site.url`. */
  url?: string;
  reason?: string;
  /** It had said no before. */
  isSkipped?: true;
  /** Client 1.2.3: a deactivation says neither who it is nor what it leaves. */
  isNameless?: true;
}

/** The requests of one address in the order of time; none is from before `from`. */
export interface Life {
  from: number;
  moments(): Iterator<Moment>;
}

/** What becomes of a site, of 100. */
const STORIES = [
  ['stays', 73],
  ['refuses', 8],
  ['visits', 4],
  ['old client', 4],
  ['leaves without consent', 3],
  ['leaves the same day', 2],
  ['has a staging copy', 2],
  ['has a copy', 1],
  ['moves', 1],
  ['gets https', 1],
  ['is a laptop', 1],
] as const;

/** How many were there before the past began; their first report is of its first fortnight. */
const OLD_SHARE = 0.45;
/** Of two reports in a row, so many are 7 days apart; the others 14. */
const WEEKLY_SHARE = 0.4;

/** The lives that begin with the site of this number: its own, and that of a copy. */
export function livesOf(world: World, index: number): Life[] {
  const seed = seedOf(world.seed, index);
  const random = seededRandom(seed);
  const born = birthday(random, world.days);
  const name = `${random.pick(WORDS)}-${random.pick(TRADES)}-${seed.toString(36)}`;
  const url = random.weighted([
    [`https://${name}.example`, 75],
    [`https://www.${name}.example`, 15],
    [`http://${name}.example/blog`, 10],
  ]);
  const site: Site = { seed, born, url, client: 'current', owner: `owner@${name}.example` };
  const story = random.weighted(STORIES);
  const later = Math.min(born + random.integer(5, 60), world.days);
  const lasting = (span: { url?: string; from?: number; until?: number } = {}): Life => {
    const { from = born, until = world.days } = span;
    return { from, moments: () => reports(world, { ...site, url: span.url ?? url }, { from, until }) };
  };
  switch (story) {
    case 'stays':
      return [lasting()];
    case 'old client':
      site.client = 'old';
      return [lasting()];
    case 'is a laptop':
      return [lasting({ url: `http://${name}.local` })];
    case 'has a staging copy':
      return [lasting(), lasting({ url: `https://staging.${name}.example`, from: later, until: later + 45 })];
    case 'has a copy':
      return [lasting(), lasting({ url: `https://${name}-mirror.example`, from: later })];
    case 'moves':
      return [lasting({ until: later }), lasting({ url: `https://${name}-new.example`, from: later })];
    case 'gets https':
      return [{ from: born, moments: () => withHttps(lasting(), later) }];
    case 'visits':
      return [{ from: born, moments: () => visit(site, name) }];
    case 'refuses':
      return [{ from: born, moments: () => refuses(world, site) }];
    case 'leaves without consent':
      return [{ from: born, moments: () => leavesUnasked(world, site) }];
    case 'leaves the same day':
      return [{ from: born, moments: () => leavesAtOnce(site) }];
  }
}

/** Sites come faster and faster. */
function birthday(random: Random, days: number): number {
  if (random.chance(OLD_SHARE)) return random.integer(0, Math.min(13, days - 1));
  return Math.floor((Math.sqrt(0.25 + 2 * random.next()) - 0.5) * days);
}

/** When things happen: at any moment of a day, and after what happened before on that day. */
function clockOf(random: Random): (day: number) => { day: number; ms: number } {
  let last = { day: -1, ms: 0 };
  return (day) => {
    const ms = day === last.day ? last.ms + random.integer(500, 2_400_000) : random.integer(0, DAY_MS - 1);
    last = { day, ms: Math.min(ms, DAY_MS - 1) };
    return last;
  };
}
const DAY_MS = 86_400_000;

/** An address that reports until its site goes by itself, or until a day on which it just stops. */
function* reports(world: World, site: Site, { from, until }: { from: number; until: number }): Generator<Moment> {
  const random = seededRandom(seedOf(site.seed, 31, from));
  const at = clockOf(random);
  const weight = leavingWeight(site);
  for (let day = from; day < until; ) {
    const end = yield* stays(world, site, { from: day, until: Math.min(until, world.days), random, at, weight });
    if (end >= Math.min(until, world.days)) return;
    yield* goes(site, random, () => at(end));
    if (!random.chance(COMES_BACK)) return;
    // the same week, before it counts as silent, or long after
    const [least, most] = random.pick([
      [0, 6],
      [7, 28],
      [29, 110],
    ] as const);
    day = end + random.integer(least, most);
  }
}
const COMES_BACK = 0.16;

interface Stay {
  from: number;
  until: number;
  random: Random;
  at: ReturnType<typeof clockOf>;
  weight: number;
}

/** Reports until it goes; gives the day on which it does. */
function* stays(world: World, site: Site, { from, until, random, at, weight }: Stay): Generator<Moment, number> {
  let next = from;
  for (let day = from; day < until; day += 1) {
    if (day === next) {
      yield { ...at(day), site, kind: 'track' };
      next += random.chance(WEEKLY_SHARE) ? 7 : 14;
      // its cron stood still
      if (random.chance(0.012)) next += random.integer(15, 60);
    }
    const risk = 2 * weight * leavingRisk(day - site.born);
    // asked in this order, for what it runs is worked out
    if (random.chance(risk) && random.chance(releaseOn(world, site, day).isBad ? 1 : 0.5)) return day;
  }
  return until;
}

const WAYS_TO_GO = [
  ['says why', 48],
  ['says nothing', 40],
  ['opts out', 6],
  ['opts out and says why', 3],
  ['says why, without a name', 3],
] as const;

function* goes(site: Site, random: Random, now: () => Pick<Moment, 'day' | 'ms'>): Generator<Moment> {
  const way = random.weighted(WAYS_TO_GO);
  const isSkipped = way.startsWith('opts out');
  const isNameless = way === 'says why, without a name' && site.client === 'current';
  if (isSkipped) yield { ...now(), site, kind: 'tracking-skipped' };
  if (way === 'says nothing' || way === 'opts out') return;
  const reason = random.weighted(REASONS);
  const how = { ...(isSkipped && { isSkipped: true as const }), ...(isNameless && { isNameless: true as const }) };
  yield { ...now(), site, kind: 'deactivate', reason, ...how };
}

/** The chance that a site goes on a day, by how many days it has been there. */
function leavingRisk(age: number): number {
  if (age < 2) return 0.035;
  if (age < 14) return 0.009;
  return age < 90 ? 0.002 : 0.0008;
}

/** How much more a site is inclined to leave than others. */
function leavingWeight(site: Site): number {
  const { extra } = currentReport(seededRandom(site.seed), site.url, '');
  const isPaid = typeof extra === 'object' && extra.plan !== 'free';
  return (hasRival(site) ? 2 : 1) * (isPaid ? 0.6 : 1);
}

/** Whether it runs RIVAL too. */
export function hasRival({ seed }: Site): boolean {
  return seededRandom(seedOf(seed, 41)).chance(0.12);
}

/** A tab of a browser: it comes and is gone. */
function* visit(site: Site, name: string): Generator<Moment> {
  const at = clockOf(seededRandom(seedOf(site.seed, 32)));
  const preview: Site = { ...site, client: 'playground', url: `https://playground.wordpress.net/scope:${name}/` };
  yield { ...at(site.born), site: preview, kind: 'track' };
}

/** Asked, it says no; some are asked again, and of those some say yes. */
function* refuses(world: World, site: Site): Generator<Moment> {
  const random = seededRandom(seedOf(site.seed, 33));
  const at = clockOf(random);
  yield { ...at(site.born), site, kind: 'tracking-skipped' };
  const again = site.born + random.integer(1, 90);
  if (!random.chance(0.2) || again >= world.days) return;
  if (random.chance(0.5)) yield { ...at(again), site, kind: 'tracking-skipped', isSkipped: true };
  else yield* reports(world, site, { from: again, until: world.days });
}

/** Nobody asks who deactivates: it says all of itself without having said yes; some come back and say yes. */
function* leavesUnasked(world: World, site: Site): Generator<Moment> {
  const random = seededRandom(seedOf(site.seed, 34));
  yield { ...clockOf(random)(site.born), site, kind: 'deactivate', reason: random.weighted(REASONS) };
  const back = site.born + random.integer(0, 40);
  if (random.chance(0.25)) yield* reports(world, site, { from: back, until: world.days });
}

function* leavesAtOnce(site: Site): Generator<Moment> {
  const random = seededRandom(seedOf(site.seed, 35));
  const at = clockOf(random);
  yield { ...at(site.born), site, kind: 'track' };
  yield { ...at(site.born), site, kind: 'deactivate', reason: random.weighted(REASONS) };
}

function* withHttps(life: Life, from: number): Generator<Moment> {
  const moments = life.moments();
  for (let next = moments.next(); !next.done; next = moments.next()) {
    const { value } = next;
    yield value.day < from ? { ...value, url: value.site.url.replace(/^https:/, 'http:') } : value;
  }
}
