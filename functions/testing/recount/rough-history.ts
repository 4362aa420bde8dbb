import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { type Random, seededRandom } from '../../../shared/simulation/random.ts';
import { historyEvents, type Line } from './history-events.ts';

/** Days between two events of a site: at the edges of what makes it active, silent, or the same day's. */
const GAPS = [0, 0, 1, 2, 7, 14, 28, 29, 30, 31, 45, 90];
const YEAR_START = Date.parse('2026-01-01');
const DAY_MS = 86_400_000;

/**
 * A history that no plugin would have, from a seed: few sites, which say few different things and so are copies of each other on and
 * off, come and go on one day, answer at one moment, and leave without having come.
 */
export function roughHistory(seed: number, { sites, days }: { sites: number; days: number }): StoredEvent[] {
  const random = seededRandom(seed);
  return historyEvents(Array.from({ length: sites }, (_, index) => roughSite(random, index, days)).flat());
}

function roughSite(random: Random, index: number, days: number): Line[] {
  const name = `${'abcdefgh'[index % 8]}${index}`;
  const lines: Line[] = [];
  let day = random.integer(0, Math.floor(days / 2));
  while (day < days) {
    const at = new Date(YEAR_START + day * DAY_MS).toISOString().slice(5, 10);
    const time = random.pick(['09:00:00.000', '09:00:00.600', '12:00:00.000', '23:59:59.999']);
    lines.push(roughLine(random, `${at} ${time}`, name));
    day += random.pick(GAPS);
  }
  return lines;
}

function roughLine(random: Random, at: string, name: string): Line {
  const kind = random.weighted([
    ['track', 70],
    ['deactivate', 22],
    ['tracking-skipped', 8],
  ] as const);
  const url = random.chance(0.1) ? `http://${name}.example` : name;
  if (kind === 'tracking-skipped') return [at, kind, url, { previously_skipped: random.pick(['', '1']) }];
  const said = { site: random.pick(['one', 'two', name]), project_version: random.pick(['1.0', '1.1', '1.1', '2.0']) };
  return [
    at,
    kind,
    url,
    { ...said, ...(kind === 'deactivate' && { reason_id: random.pick(['other', 'unheard-of', '']) }) },
  ];
}
