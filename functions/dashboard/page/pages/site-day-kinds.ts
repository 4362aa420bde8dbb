import { type Day, daysBetween } from '../../../../shared/figures/days.ts';
import { ACTIVE_DAYS } from '../../../../shared/figures/definitions.ts';
import type { SiteHistoryAnswer } from '../../api.ts';

export type SiteDay = SiteHistoryAnswer['days'][number];

/** `gone` is after a deactivation, `before` ahead of the first word. */
export type Kind = 'report' | 'left' | 'active' | 'silent' | 'gone' | 'before';

/** What a day was, from what was said until then. */
export function kindsOf(said: readonly SiteDay[], days: readonly Day[]): Kind[] {
  const byDay = new Map(said.map((one) => [one.day, one.kind]));
  let last: SiteDay | undefined;
  let next = 0;
  return days.map((day) => {
    for (let one = said[next]; one !== undefined && one.day <= day; one = said[next]) {
      last = one;
      next += 1;
    }
    const own = byDay.get(day);
    if (own !== undefined) return own;
    if (last === undefined) return 'before';
    if (last.kind === 'left') return 'gone';
    return daysBetween(last.day, day) < ACTIVE_DAYS ? 'active' : 'silent';
  });
}
