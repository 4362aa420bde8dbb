import { KEPT } from '../../../shared/figures/definitions.ts';
import type { SupportDocument, SupportSpread } from '../../../shared/figures/documents.ts';
import type { SupportRow } from './figure-rows.ts';
import { sumOf } from './group-by.ts';

export function supportOf(
  newest: string | null,
  spreads: SupportRow['spreads'],
): Omit<SupportDocument, '_id' | 'generation'> {
  const of = (dimension: SupportRow['spreads'][number]['dimension']): SupportSpread => {
    const own = spreads.filter((one) => one.dimension === dimension);
    const spread = own
      .flatMap(({ value, sites }) => (value === null ? [] : [{ value, sites }]))
      .sort((one, other) => other.sites - one.sites || (one.value < other.value ? -1 : 1))
      .slice(0, KEPT.values);
    return { spread, unknown: sumOf(own, ({ sites }) => sites) - sumOf(spread, ({ sites }) => sites) };
  };
  return { newest, php: of('php'), wordpress: of('wordpress'), database: of('database') };
}
