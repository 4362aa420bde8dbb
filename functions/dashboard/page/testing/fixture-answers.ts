import { addDays } from '../../../../shared/figures/days.ts';
import { shareOf } from '../../../../shared/figures/intervals.ts';
import type { Comparison, PeriodName } from '../../../../shared/figures/period.ts';
import type {
  AdvisoriesAnswer,
  DeactivationItem,
  ListAnswer,
  OfGeneration,
  ProjectAnswer,
  ProjectsAnswer,
  RatesAnswer,
  ReleasesAnswer,
  RetentionAnswer,
  StatusAnswer,
  SupportAnswer,
} from '../../api.ts';
import {
  activeOn,
  chance,
  daysFrom,
  GENERATION,
  HOSTILE,
  overviewOf,
  REBUILT_AT,
  RELEASES,
  THROUGH,
} from './fixture-figures.ts';
import { audit, contact, deactivation, history, site, sites } from './fixture-lists.ts';
import { seriesAnswer } from './fixture-series.ts';

const OF: OfGeneration = { generation: GENERATION, rebuiltAt: REBUILT_AT, through: THROUGH };

const PROJECT: ProjectAnswer = {
  slug: 'my-forms',
  name: 'My Forms',
  type: 'plugin',
  hash: 'a4a8da5b-b419-4656-98e9-4a42e9044891',
  role: 'owner',
  archived: false,
  customFields: [{ key: 'plan', label: 'Plan', filterable: true }],
  reasons: [{ id: 'too-slow', label: 'It slowed my site down' }],
};

const STATUS: StatusAnswer = {
  rebuiltAt: REBUILT_AT,
  generation: GENERATION,
  through: THROUGH,
  lagSeconds: 40,
  lateDays: 0,
  reconciled: { hour: '2026-11-25T12:00:00.000Z', missing: 0 },
};

const rate = (value: string, per: number, sites: number) => {
  const count = Math.round((sites * per) / 100);
  const told = sites >= 30 && count >= 5;
  return {
    value,
    siteDays: sites * 28,
    count,
    sites,
    rate: told ? per : null,
    low: told ? per * 0.8 : null,
    high: told ? per * 1.25 : null,
  };
};

const rates: RatesAnswer = {
  ...OF,
  from: addDays(THROUGH, -27),
  to: THROUGH,
  overall: rate('', 2.1, 12_000),
  silent: rate('', 1.2, 12_000),
  byAge: [rate('0-1', 14, 640), rate('2-13', 5, 1300), rate('14-89', 2.2, 3000), rate('90+', 1.1, 8000)],
  byVersion: RELEASES.map(({ version }, place) =>
    rate(version, 3.4 - place * 0.4, place === 4 ? 12 : 3000 - place * 500),
  ),
  byTheme: [rate('astra', 1.9, 3000), rate(HOSTILE.turned, 2.4, 800)],
  byPlugin: [rate('woocommerce', 1.7, 5200)],
  byField: [{ key: 'plan', rates: [rate('free', 2.4, 9000), rate('pro', 0.8, 3000)] }],
  ageAtLeaving: {
    median: 21,
    early: 0.31,
    left: 310,
    histogram: [0, 1, 2, 7, 14, 30, 90, 180, 365].map((fromDay, place) => ({
      fromDay,
      left: [60, 36, 52, 40, 38, 34, 26, 16, 8][place] ?? 0,
    })),
  },
  neighbours: {
    from: addDays(THROUGH, -89),
    to: THROUGH,
    found: [
      {
        kind: 'plugin',
        key: null,
        value: 'speedy-cache',
        sites: 640,
        falseFindings: 0.02,
        ratio: 1.9,
        low: 1.3,
        high: 2.7,
        p: 0.001,
        left: 31,
        othersLeft: 300,
      },
      {
        kind: 'field',
        key: 'plan',
        value: HOSTILE.emoji,
        sites: 120,
        falseFindings: 0.05,
        ratio: 1.7,
        low: 1.1,
        high: 2.5,
        p: 0.004,
        left: 12,
        othersLeft: 300,
      },
    ],
  },
};

const retention: RetentionAnswer = {
  ...OF,
  ages: [14, 28, 56, 84, 168, 252, 364],
  cohorts: Array.from({ length: 12 }, (_, place) => ({
    from: addDays('2026-06-01', place * 14),
    to: addDays('2026-06-14', place * 14),
    sites: 300 + place * 7,
    kept: [92, 88, 83, 80, 74, 70, 66].map((share, age) =>
      place + age > 11 ? null : Math.round(((300 + place * 7) * (share - chance(place, age) * 3)) / 100),
    ),
  })),
};

function support(query: URLSearchParams): SupportAnswer {
  const weeks = Array.from({ length: 26 }, (_, week) => ({
    day: addDays(THROUGH, (week - 25) * 7),
    below: Math.round(760 - week * 21),
    of: 11_800 + week * 14,
  }));
  return {
    ...OF,
    dimension: (query.get('dimension') ?? 'php') as SupportAnswer['dimension'],
    below: query.get('below') ?? '8.0',
    thresholdPercent: Number(query.get('threshold') ?? 5),
    now: { below: shareOf(212, 12_150), unknown: 31, interval: null },
    newest: { version: '3.2.0', below: shareOf(40, 5100) },
    forecast:
      Number(query.get('threshold') ?? 5) >= 2
        ? { kind: 'below-now' }
        : { kind: 'dates', from: '2027-01-20', to: '2027-04-11' },
    spread: ['8.3', '8.2', '8.1', '8.0', '7.4', '7.2'].map((version, place) => ({
      version,
      sites: [3100, 5200, 2400, 1238, 180, 32][place] ?? 0,
    })),
    weeks,
  };
}

const advisories: AdvisoriesAnswer = {
  ...OF,
  advisories: [
    {
      id: '2026-2',
      title: 'Stored XSS in the entries list',
      affected: '<3.1.4',
      fixedIn: '3.1.4',
      publishedAt: addDays(THROUGH, -37),
      sites: shareOf(61, activeOn(THROUGH)),
      days: daysFrom(addDays(THROUGH, -37), THROUGH).map((day, index) => ({
        day,
        sites: Math.round(61 + 900 * Math.exp(-index / 8)),
      })),
      daysToHalfFixed: 6,
    },
  ],
};

/** What the API would answer; undefined where it has nothing. */
export function fixtureAnswer(path: string, query: URLSearchParams): unknown {
  const [root, slug, resource = '', id, part] = path.split('/').slice(3);
  if (root === 'status') return STATUS;
  if (root === 'me') return { email: 'jane@example.org', isOperator: false, roles: [] };
  if (root !== 'projects') return undefined;
  if (slug === undefined)
    return {
      projects: [
        { ...PROJECT, active: activeOn(THROUGH) },
        { ...PROJECT, slug: 'other', name: HOSTILE.turned, active: null },
      ],
    } satisfies ProjectsAnswer;
  switch (resource) {
    case '':
      return PROJECT;
    case 'overview':
      return overviewOf(
        (query.get('period') ?? '28d') as PeriodName,
        (query.get('compare') ?? 'previous') as Comparison,
      );
    case 'series':
      return seriesAnswer(decodeURIComponent(id ?? ''), query);
    case 'releases':
      return { ...OF, releases: RELEASES, medianDaysToHalf: 8 } satisfies ReleasesAnswer;
    case 'support':
      return support(query);
    case 'retention':
      return retention;
    case 'rates':
      return rates;
    case 'advisories':
      return advisories;
    case 'audit':
      return audit;
    case 'deactivations':
      return {
        items: Array.from({ length: 10 }, (_, index) => deactivation(index)),
        next: '10',
        complete: true,
      } satisfies ListAnswer<DeactivationItem>;
    case 'sites':
      return id === undefined ? sites(query) : ({ history, contact }[part ?? ''] ?? site);
    default:
      return undefined;
  }
}
