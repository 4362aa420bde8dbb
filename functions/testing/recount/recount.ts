import type { StoredEvent } from '../../../shared/event/envelope.ts';
import type { Project } from '../../../shared/project/project.ts';
import type { CountryOf } from '../../../shared/stores/countries.ts';
import { countDay, type DayCounts } from './count-day.ts';
import { countLives, type LifeRow } from './count-lives.ts';
import { dayNumber, type Histories, readHistories } from './read-histories.ts';

export interface Recount {
  histories: Histories;
  /** Of every day from the first event to `until`. */
  days: DayCounts[];
  lives: LifeRow[];
}

/**
 * Every figure of every day, counted from the objects of the archive alone: day by day, site by site, by the words of
 * shared/figures/definitions.ts, of which it shares the constants with what makes the charts, and no code. Slow, to be plain.
 */
export function recount(
  objects: StoredEvent[],
  { project, until, countryOf = () => null }: { project: Project; until: string; countryOf?: CountryOf },
): Recount {
  const last = dayNumber(until);
  const histories = readHistories(
    objects.filter(({ receivedAt }) => dayNumber(receivedAt) <= last),
    project,
    countryOf,
  );
  const said = [...histories.sites.flatMap((site) => site.said), ...histories.refusals].map(({ day }) => day);
  const first = said.reduce((least, day) => Math.min(least, day), last + 1);
  const keys = project.customFields.map(({ key }) => key);
  const days = Array.from({ length: last - first + 1 }, (_, index) => countDay(histories, first + index, keys));
  const production = histories.sites.filter(({ environment }) => environment === 'production');
  return { histories, days, lives: production.flatMap((site) => countLives(site, last)) };
}
