import type { Day } from '../../../../shared/figures/days.ts';
import { formatDay } from '../format.ts';

const onDay = (day: Day) => `on ${formatDay(day)}`;

/** What a chart shows in a sentence: its first, last and highest complete day; `when` says what a day stands for. */
export function summaryOf(
  days: readonly Day[],
  values: readonly (number | null)[],
  partialFrom: number,
  format: (value: number) => string,
  when = onDay,
): string {
  const known = days.flatMap((day, index) => {
    const value = values[index];
    return value == null || index >= partialFrom ? [] : [{ day, value }];
  });
  const [first, last] = [known[0], known.at(-1)];
  if (!first || !last) return 'Nothing is known of these days yet.';
  const highest = known.reduce((most, one) => (one.value > most.value ? one : most));
  const top = highest.value > last.value ? `; most ${when(highest.day)}, ${format(highest.value)}` : '';
  return `From ${format(first.value)} ${when(first.day)} to ${format(last.value)} ${when(last.day)}${top}.`;
}
