import { daysBetween } from '../../../shared/figures/days.ts';
import { AGE_BANDS } from '../../../shared/figures/definitions.ts';
import type { RatesDocument, ValueRate } from '../../../shared/figures/documents.ts';
import { ageAtLeaving, rateOf } from '../../../shared/figures/rates.ts';
import { ALL_THAT_STATE_IT, type FigureRow, type LivesRow, type NeighbourRow, type Window } from './figure-rows.ts';
import { groupBy, sumOf } from './group-by.ts';

const VERSIONS_SHOWN = 20;
const VALUES_SHOWN = 50;
/** Of all custom fields together. */
const FIELD_VALUES_SHOWN = 600;
const HISTOGRAM_DAYS = [0, 1, 2, 7, 14, 30, 60, 90, 180, 365];

/** At risk and left, of one value. */
interface Risk {
  value: string;
  siteDays: number;
  left: number;
}

/** `releases`: newest first. */
export function ratesOf(
  row: FigureRow,
  { leaves, releases }: { leaves: LivesRow['leaves']; releases: readonly { version: string }[] },
  { ratesFrom, through }: Window,
): Omit<RatesDocument, '_id' | 'generation'> {
  const periodDays = daysBetween(ratesFrom, through) + 1;
  const exposure = row.exposure
    .filter(({ day }) => day >= ratesFrom)
    .map(({ version, age, at_risk: siteDays, left_sites: left }) => ({ version, age, siteDays, left }));
  const rate = ({ value, siteDays, left }: Risk, mostDays = periodDays): ValueRate => ({
    value,
    siteDays,
    ...rateOf(left, siteDays, Math.min(periodDays, mostDays)),
  });
  const overall = riskOf('', exposure);
  const silent = sumOf(
    row.days.filter(({ day }) => day >= ratesFrom),
    (one) => one.went_silent,
  );
  const versions = [...groupBy(exposure, ({ version }) => version)].flatMap(([version, rows]) =>
    version === null ? [] : [riskOf(version, rows)],
  );
  const stated = groupBy(row.neighbours, ({ list }) => list);
  const fields = [...stated].filter(([list]) => list.startsWith('field:'));
  const valuesOfField = Math.min(VALUES_SHOWN, Math.floor(FIELD_VALUES_SHOWN / Math.max(1, fields.length)));
  return {
    from: ratesFrom,
    to: through,
    overall: rate(overall),
    silent: rate({ ...overall, left: silent }),
    byAge: AGE_BANDS.map(({ name, fromDay, toDay }) =>
      rate(
        riskOf(
          name,
          exposure.filter(({ age }) => age === name),
        ),
        toDay === null ? periodDays : toDay - fromDay + 1,
      ),
    ),
    byVersion: releasesFirst(versions, releases)
      .slice(0, VERSIONS_SHOWN)
      .map((risk) => rate(risk)),
    byTheme: largest(stated.get('theme') ?? [], VALUES_SHOWN).map((risk) => rate(risk)),
    byPlugin: largest(stated.get('plugin') ?? [], VALUES_SHOWN).map((risk) => rate(risk)),
    byField: fields.map(([list, rows]) => ({
      key: list.slice('field:'.length),
      rates: largest(rows, valuesOfField).map((risk) => rate(risk)),
    })),
    ageAtLeaving: {
      ...ageAtLeaving(leaves.map(({ age_days: ageDays, left_sites: left }) => ({ ageDays, left }))),
      histogram: HISTOGRAM_DAYS.map((fromDay, place) => {
        const until = HISTOGRAM_DAYS[place + 1] ?? Number.POSITIVE_INFINITY;
        const those = leaves.filter(({ age_days: days }) => days >= fromDay && days < until);
        return { fromDay, left: sumOf(those, (one) => one.left_sites) };
      }),
    },
  };
}

function riskOf(value: string, rows: Iterable<Omit<Risk, 'value'>>): Risk {
  return { value, siteDays: sumOf(rows, ({ siteDays }) => siteDays), left: sumOf(rows, ({ left }) => left) };
}

/** A version is whatever a report says: those that are no release come by how many sites run them. */
function releasesFirst(risks: readonly Risk[], releases: readonly { version: string }[]): Risk[] {
  const places = new Map(releases.map(({ version }, place) => [version, place]));
  const placeOf = ({ value }: Risk) => places.get(value) ?? releases.length;
  return risks.toSorted((one, other) => placeOf(one) - placeOf(other) || mostFirst(one, other));
}

function mostFirst(one: Risk, other: Risk): number {
  return other.siteDays - one.siteDays || (one.value < other.value ? -1 : 1);
}

function largest(rows: readonly NeighbourRow[], shown: number): Risk[] {
  return [...groupBy(rows, ({ value }) => value)]
    .filter(([value]) => value !== ALL_THAT_STATE_IT)
    .map(([value, ages]) => ({
      value,
      siteDays: sumOf(ages, (one) => one.recent_at_risk),
      left: sumOf(ages, (one) => one.recent_left),
    }))
    .filter(({ siteDays }) => siteDays > 0)
    .sort(mostFirst)
    .slice(0, shown);
}
