import { addDays } from '../../../../shared/figures/days.ts';
import type {
  AuditItem,
  ContactAnswer,
  DeactivationItem,
  ListAnswer,
  SiteAnswer,
  SiteHistoryAnswer,
  SiteItem,
} from '../../api.ts';
import { daysFrom, HOSTILE, RELEASES, THROUGH } from './fixture-figures.ts';

const NAMES = [HOSTILE.markup, HOSTILE.turned, HOSTILE.emoji, HOSTILE.long, 'Ember Clinic', 'Lotus Studio', null];

const siteItem = (index: number): SiteItem => ({
  id: `s${index}`,
  site: index === 3 ? `${'long-'.repeat(40)}shop.example` : `shop-${index}.example`,
  name: NAMES[index % NAMES.length] ?? null,
  state: (['active', 'active', 'silent', 'left'] as const)[index % 4] ?? 'active',
  environment: 'production',
  copyOf: null,
  firstSeenAt: '2026-03-02T09:12:42.000Z',
  lastSeenAt: '2026-11-24T21:03:10.000Z',
  version: RELEASES[index % 5]?.version ?? null,
  php: '8.2',
  wordpress: '6.8',
  database: 'MariaDB 10.11',
  country: index % 5 === 0 ? null : 'DE',
  theme: 'astra',
});

export const site: SiteAnswer = {
  ...siteItem(0),
  url: 'https://shop-0.example/',
  locale: 'de_DE',
  webServer: 'nginx',
  multisite: false,
  users: 12,
  customFields: { plan: 'pro', forms_count: 12 },
  optedOut: false,
  deactivation: null,
};

export const history: SiteHistoryAnswer = {
  days: daysFrom(addDays(THROUGH, -250), THROUGH).flatMap((day, index) =>
    index % 7 !== 0 || (index > 90 && index < 140)
      ? []
      : [
          {
            day,
            kind: index === 84 ? ('left' as const) : ('report' as const),
            version: index > 160 ? '3.2.0' : '3.1.0',
            php: '8.2',
            wordpress: '6.8',
          },
        ],
  ),
};

export const deactivation = (index: number): DeactivationItem => ({
  at: '2026-11-24T18:20:00.000Z',
  site: `shop-${index}.example`,
  siteId: `s${index}`,
  reason: ['found-better-plugin', 'too-slow', null][index % 3] ?? null,
  text:
    [HOSTILE.markup, 'The entries export is slow with more than 1,000 entries.', HOSTILE.turned, null][index % 4] ??
    null,
  version: '3.2.0',
  ageDays: index % 5 === 4 ? null : index * 9,
  returned: index % 6 === 5,
});

export const audit: ListAnswer<AuditItem> = {
  items: [
    {
      at: '2026-11-24T18:20:00.000Z',
      actor: 'jane@example.org',
      role: 'owner',
      action: 'export',
      resource: 'sites',
      filters: 'state=active',
      rows: 12_430,
      outcome: 'done',
      requestId: 'req_8f2c',
    },
    {
      at: '2026-11-20T08:02:00.000Z',
      actor: 'jane@example.org',
      role: 'owner',
      action: 'contact',
      resource: 'shop-0.example',
      filters: null,
      rows: 1,
      outcome: 'done',
      requestId: 'req_77aa',
    },
  ],
  next: null,
  complete: true,
};

export const contact: ContactAnswer = { email: 'owner@shop-0.example', firstName: 'Olga', lastName: HOSTILE.turned };

export function sites(query: URLSearchParams): ListAnswer<SiteItem> {
  const first = Number(query.get('cursor') ?? 0);
  return {
    items: Array.from({ length: 12 }, (_, index) => siteItem(first + index)),
    next: first < 24 ? String(first + 12) : null,
    complete: first < 12,
  };
}
