import { addDays, type Day } from '../../../shared/figures/days.ts';
import { COHORT_DAYS, RETENTION_AGES } from '../../../shared/figures/definitions.ts';
import type { RetentionDocument } from '../../../shared/figures/documents.ts';
import { retention } from '../../../shared/figures/retention.ts';
import type { LivesRow } from './figure-rows.ts';
import { groupBy, sumOf } from './group-by.ts';

export function retentionOf(kept: LivesRow['kept'], through: Day): Pick<RetentionDocument, 'ages' | 'cohorts'> {
  const rows = kept.map(({ cohort, kept_days: keptDays, sites }) => ({ cohort, keptDays, sites }));
  const cohorts = [...groupBy(rows, ({ cohort }) => cohort)].sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    ages: [...RETENTION_AGES],
    cohorts: cohorts.map(([from, own]) => {
      const cells = new Map(retention(own, from, through).map(({ ageDays, sites }) => [ageDays, sites]));
      return {
        from,
        to: addDays(from, COHORT_DAYS - 1),
        sites: sumOf(own, ({ sites }) => sites),
        kept: RETENTION_AGES.map((age) => cells.get(age) ?? null),
      };
    }),
  };
}
