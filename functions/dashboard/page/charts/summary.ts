import type { Day } from '../../../../shared/figures/days.ts';
import { formatDay } from '../format.ts';

/** What a chart shows in a sentence: its first, last and highest complete day. */
export function summaryOf(
  days: readonly Day[],
  values: readonly (number | null)[],
  partialFrom: number,
  format: (value: number) => string,
): string {
  const known = days.flatMap((day, index) => {
    const value = values[index];
    return value == null || index >= partialFrom ? [] : [{ day, value }];
  });
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last) return 'Nothing is known of these days yet.';
  const highest = known.reduce((most, one) => (one.value > most.value ? one : most));
  const top = highest.value > last.value ? `; most on ${formatDay(highest.day)}, ${format(highest.value)}` : '';
  return `From ${format(first.value)} on ${formatDay(first.day)} to ${format(last.value)} on ${formatDay(last.day)}${top}.`;
}
