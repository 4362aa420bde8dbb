import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { type Random, seededRandom } from '../../../shared/simulation/random.ts';

export interface Trouble {
  seed: number;
  /** Of how many events the notification comes late, from 0 to 1. */
  late: number;
  /** By how many days; each as often as the others. */
  lateDays: readonly number[];
  /** How many come twice. */
  doubled: number;
}

/** What is told of on one day, in the order in which it is. */
export interface DayOfDeliveries {
  /** `2026-11-30`, UTC. */
  day: string;
  events: StoredEvent[];
}

const DAY_MS = 86_400_000;

/**
 * When a mesh hears of what the archive received: most of it on its day, in any order; some of it twice, some days later, which
 * may be after the last day of the past. Takes events in the order of their times; holds those that are late.
 */
export function* deliveriesOf(
  past: Iterable<StoredEvent>,
  { seed, late, lateDays, doubled }: Trouble,
): Generator<DayOfDeliveries> {
  const random = seededRandom(seed);
  const waiting = new Map<string, StoredEvent[]>();
  let today: string | undefined;
  const put = (day: string, event: StoredEvent) => {
    const events = waiting.get(day);
    if (events) events.push(event);
    else waiting.set(day, [event]);
  };
  for (const event of past) {
    const day = event.receivedAt.slice(0, 10);
    for (; today !== undefined && today < day; today = dayAfter(today, 1)) yield* take(waiting, today, random);
    today = day;
    const times = random.chance(doubled) ? 2 : 1;
    for (let time = 0; time < times; time += 1) {
      put(random.chance(late) ? dayAfter(day, random.pick(lateDays)) : day, event);
    }
  }
  for (const day of [...waiting.keys()].sort()) yield* take(waiting, day, random);
}

function* take(waiting: Map<string, StoredEvent[]>, day: string, random: Random): Generator<DayOfDeliveries> {
  const events = waiting.get(day);
  if (events === undefined) return;
  waiting.delete(day);
  yield { day, events: shuffled(events, random) };
}

/** Fisher and Yates's. */
function shuffled<T>(items: T[], random: Random): T[] {
  for (let end = items.length - 1; end > 0; end -= 1) {
    const other = random.integer(0, end);
    [items[end], items[other]] = [items[other] as T, items[end] as T];
  }
  return items;
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);
}
