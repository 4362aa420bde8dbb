import { addDays, type Day } from '../../../../shared/figures/days.ts';
import type { SeriesAnswer } from '../../api.ts';
import {
  activeOn,
  chance,
  daysFrom,
  FIRST_DAY,
  GENERATION,
  HOSTILE,
  REBUILT_AT,
  RELEASES,
  THROUGH,
  TODAY,
} from './fixture-figures.ts';

const NAMES: Record<string, string[]> = {
  version: RELEASES.map(({ version }) => version),
  php: ['8.2', '8.3', '8.1', '7.4', '8.0', '7.2'],
  wordpress: ['6.8', '6.7', '6.6', '6.2', '5.9'],
  database: ['MariaDB 10.11', 'MySQL 8.0', 'MariaDB 10.6', 'MySQL 5.7'],
  'web-server': ['Apache', 'nginx', 'LiteSpeed'],
  locale: ['en_US', 'de_DE', 'fr_FR', 'bn_BD'],
  country: ['US', 'DE', 'GB', 'BR', 'BD'],
  theme: ['astra', 'hello-elementor', HOSTILE.markup, HOSTILE.turned, HOSTILE.long],
  multisite: ['no', 'yes'],
  reason: ['found-better-plugin', 'not-have-that-feature', 'too-slow', 'none', 'other'],
  plugin: ['woocommerce', 'elementor', 'speedy-cache'],
  'field:plan': ['free', 'pro', HOSTILE.emoji],
};

/** As the API gives a dimension. */
export function seriesAnswer(dimension: string, query: URLSearchParams): SeriesAnswer {
  const names = NAMES[dimension] ?? [];
  const step = (query.get('step') ?? 'day') as SeriesAnswer['step'];
  const from = query.get('from') ?? FIRST_DAY;
  const length = step === 'day' ? 1 : 7;
  const days = daysFrom(from < FIRST_DAY ? FIRST_DAY : from, query.get('to') ?? TODAY).filter(
    (_, index) => index % length === 0,
  );
  const isReason = dimension === 'reason';
  const totalOn = (day: Day) => (isReason ? 12 * length : activeOn(day));
  const weightOf = (place: number, index: number) =>
    (0.5 / (place + 1)) *
    (place === 0 ? 0.6 + (0.4 * index) / days.length : 1) *
    (0.95 + 0.1 * chance(place, isReason ? index : 1));
  const values = names.map((_, place) =>
    days.map((day, index) => Math.round(totalOn(day) * 0.8 * weightOf(place, index))),
  );
  const unknown = days.map((day) => Math.round(totalOn(day) * 0.01));
  return {
    dimension,
    unit: isReason ? 'deactivations' : 'sites',
    step,
    days,
    partialFrom: days.filter((day) => addDays(day, length - 1) <= THROUGH).length,
    total: days.map(totalOn),
    unknown,
    other: days.map(
      (day, index) => totalOn(day) - (unknown[index] ?? 0) - values.reduce((sum, one) => sum + (one[index] ?? 0), 0),
    ),
    series: names.map((name, place) => ({ name, values: values[place] ?? [] })),
    generation: GENERATION,
    rebuiltAt: REBUILT_AT,
    through: THROUGH,
    definition: isReason ? 'deactivations' : 'active',
  };
}
