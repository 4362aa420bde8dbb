/** The first day of each seven. */
export const weekDays = <T>(days: readonly T[]): T[] => days.filter((_, index) => index % 7 === 0);

/** Sums of seven days each; null for a week of which nothing is known. */
export function byWeek(values: readonly (number | null)[]): (number | null)[] {
  return weekDays(values).map((_, week) => {
    const own = values.slice(week * 7, week * 7 + 7).filter((value) => value !== null);
    return own.length === 0 ? null : own.reduce((sum, value) => sum + value, 0);
  });
}
