import { type Random, seededRandom, seedOf } from './random.ts';

/** A version of the plugin, by the day (0 is the first of the past) on which it came out. */
export interface Release {
  version: string;
  day: number;
  /** Sites leave it twice as often. */
  isBad: boolean;
}

/** What all sites of a past share. */
export interface World {
  seed: number;
  days: number;
  /** Oldest first; some are from before the past. */
  releases: readonly Release[];
}

/** The plugin beside which twice as many leave. */
export const RIVAL = 'instant-forms';

/** The first release is older than the past, so that whoever is there on its first day runs something. */
const FIRST_RELEASE_DAY = -90;
const BAD_RELEASE_AT = 0.55;

export function worldOf({ seed, days }: { seed: number; days: number }): World {
  return { seed, days, releases: releasesOf(seededRandom(seedOf(seed, -1)), days) };
}

function releasesOf(random: Random, days: number): Release[] {
  const releases: Release[] = [];
  let [major, minor, patch] = [2, 4, 0];
  for (let day = FIRST_RELEASE_DAY; day < days; day += random.integer(16, 44)) {
    releases.push({ version: `${major}.${minor}.${patch}`, day, isBad: false });
    const step = random.weighted([
      ['patch', 60],
      ['minor', 33],
      ['major', 7],
    ]);
    if (step === 'major') [major, minor, patch] = [major + 1, 0, 0];
    else if (step === 'minor') [minor, patch] = [minor + 1, 0];
    else patch += 1;
  }
  const bad = releases.find(({ day }) => day >= days * BAD_RELEASE_AT) ?? releases.at(-1);
  if (bad) bad.isBad = true;
  return releases;
}

/** How a site updates: by itself within days, when somebody looks after it, or hardly ever. */
const HABITS = [
  ['automatic', 55],
  ['by hand', 38],
  ['never', 7],
] as const;

/** The release that a site runs on a day; it had the newest one when it came. `siteSeed` says how it updates. */
export function releaseOn(world: World, site: { seed: number; born: number }, day: number): Release {
  const { releases } = world;
  const habit = seededRandom(seedOf(site.seed, 11)).weighted(HABITS);
  let runs = releases[0] as Release;
  for (const [index, release] of releases.entries()) {
    if (release.day > day) break;
    const wait = release.day <= site.born ? 0 : updateDelay(habit, seededRandom(seedOf(site.seed, 12, index)));
    if (release.day + wait <= day) runs = release;
  }
  return runs;
}

function updateDelay(habit: (typeof HABITS)[number][0], random: Random): number {
  if (habit === 'automatic') return random.integer(0, 4);
  return habit === 'by hand' ? Math.floor(-Math.log(1 - random.next()) * 25) : Number.POSITIVE_INFINITY;
}

const PHP = ['5.6.40', '7.4.33', '8.0.30', '8.1.31', '8.2.27', '8.3.14', '8.4.5', '8.5.1'];
const MYSQL = ['5.7.44', '8.0.40', '8.4.3', '9.4.0'];
const MARIADB = ['10.6.20', '10.11.10', '11.4.4', '11.8.2'];
const WORDPRESS = ['5.9.10', '6.1.9', '6.4.5', '6.6.2', '6.7.2', '6.8.1', '6.9.0'];

/** From how many days to how many there are between two upgrades of one site. */
const UPGRADES = { php: [250, 1100], database: [400, 1500], wordpress: [60, 330] } as const;

/** What a site runs beneath the plugin on a day: what it had when it came, and what it was moved to since. */
export function platformOn(
  site: { seed: number; born: number },
  had: { php: string; database: string; wordpress: string },
  day: number,
): { php: string; database: string; wordpress: string } {
  const age = day - site.born;
  const databases = MYSQL.includes(had.database) ? MYSQL : MARIADB;
  return {
    php: upgraded(PHP, had.php, age, seededRandom(seedOf(site.seed, 21)), UPGRADES.php),
    database: upgraded(databases, had.database, age, seededRandom(seedOf(site.seed, 22)), UPGRADES.database),
    wordpress: upgraded(WORDPRESS, had.wordpress, age, seededRandom(seedOf(site.seed, 23)), UPGRADES.wordpress),
  };
}

function upgraded(
  ladder: readonly string[],
  had: string,
  age: number,
  random: Random,
  [least, most]: readonly [number, number],
): string {
  const period = random.integer(least, most);
  const steps = Math.floor((age + random.integer(0, period - 1)) / period);
  return ladder[Math.min(ladder.indexOf(had) + steps, ladder.length - 1)] ?? had;
}
