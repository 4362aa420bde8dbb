import fc from 'fast-check';
import type { Project } from '../../../project/project.ts';
import { compareVersions } from '../../../report/versions.ts';
import { TEST_PROJECT } from '../../../testing/events.ts';
import { withDerived } from '../site-derived.ts';
import type { SiteFilter } from '../site-lists.ts';
import { SITE_STATES } from '../site-state.ts';
import type { SiteDocument } from '../sites.ts';

export const PROJECT: Project = {
  ...TEST_PROJECT,
  customFields: [
    { key: 'plan', type: 'string', label: 'Plan', filterable: true },
    { key: 'a.b', type: 'boolean', label: 'Dots', filterable: true },
    { key: 'new', type: 'string', label: 'New', filterable: true },
  ],
  // the third was marked a moment ago
  listedBy: ['plan', 'a.b'],
};
const FILTERABLE = ['plan', 'a.b', 'new'];
export const SITES = 90;
export const HOUR_MS = 3_600_000;
export const START = Date.parse('2026-03-01T00:00:00.000Z');

export function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length] as T;
}

/** One site of many that differ in everything a list can go by. */
export function siteOf(n: number, project = PROJECT.hash): SiteDocument {
  const site = `s${String((n * 37) % 100).padStart(2, '0')}.${pick(['example.org', 'b.example', 'notexample.org'], n)}`;
  const name = n % 7 === 0 ? `${site}/pfad-\u{1f600}` : site;
  const [php, wp, database] = [
    pick(['7.4', '8.0', '8.2', '8.10'], n),
    pick(['6.2', '6.10'], n),
    pick(['MySQL 5.7', 'MySQL 8.0', 'MariaDB 10.6'], n),
  ];
  const known =
    n % 11 === 0
      ? {}
      : {
          phpMinor: php,
          wpMinor: wp,
          database,
          country: pick(['DE', 'FR'], n),
          themeSlug: pick(['astra', 'divi'], n >> 1),
        };
  return withDerived(
    {
      ...{ _id: `${project}:${name}`, project, site: name, state: pick(SITE_STATES, n >> 1), revision: 1, ...known },
      ...{
        environment: n % 5 === 0 ? 'staging' : 'production',
        cloneOf: n % 8 === 0 ? 'x.example' : null,
        optedOut: n % 9 === 0,
      },
      ...{ projectVersion: pick(['1.9', '1.10', '2.0-beta', '2.0'], n), adminEmail: `Admin${n % 6}@Example.org` },
      ...{ firstSeenAt: new Date(START), lastSeenAt: new Date(START + (n % 20) * HOUR_MS) },
      customFields: { plan: pick(['free', 'pro'], n), 'a．b': n % 2 === 0, new: pick(['x', 'y'], n) },
      ...{
        urlMd5s: [],
        deactivation: null,
        tracksSince: [],
        clock: { report: '', older: [], track: null, deactivation: null, optOut: null },
      },
    },
    FILTERABLE,
  );
}

/** Whether a list has a site, by plain reading. */
export function isListed(
  site: SiteDocument,
  { facets = [], environment = 'production', ...filter }: SiteFilter,
): boolean {
  const fields: Record<string, unknown> = {
    version: site.projectVersion,
    php: site.phpMinor,
    wordpress: site.wpMinor,
    database: site.database,
    country: site.country,
    theme: site.themeSlug,
  };
  const [host = ''] = site.site.split('/');
  return (
    (filter.state ?? site.state) === site.state &&
    (environment === 'any' || environment === site.environment) &&
    (filter.copies === true || site.cloneOf === null) &&
    (filter.since === undefined || filter.since <= site.lastSeenAt) &&
    (filter.until === undefined || filter.until > site.lastSeenAt) &&
    site.site.startsWith(filter.hostStarts ?? '') &&
    (filter.domainEnds === undefined || `.${host}`.endsWith(`.${filter.domainEnds}`)) &&
    (filter.email === undefined || (!site.optedOut && site.adminEmail?.toLowerCase() === filter.email.toLowerCase())) &&
    facets.every((facet) => {
      if ('field' in facet) return site.customFields[facet.field.replace('.', '．')] === facet.is;
      if ('is' in facet) return fields[facet.name] === facet.is;
      const [product, below] = facet.name === 'database' ? facet.below.split(' ') : ['', facet.below];
      const value = String(fields[facet.name] ?? '').split(' ');
      const version = value.at(-1) as string;
      return (
        version !== '' && (product === '' || product === value[0]) && compareVersions(version, below as string) < 0
      );
    })
  );
}

const facets = fc.uniqueArray(
  fc.oneof(
    ...(['version', 'php', 'wordpress', 'database', 'country', 'theme'] as const).map((name) => {
      const values = {
        version: ['1.10', '2.0'],
        php: ['8.10', '7.4'],
        wordpress: ['6.10'],
        database: ['MySQL 8.0', 'MariaDB 10.6'],
        country: ['DE'],
        theme: ['divi'],
      };
      return fc.record({ name: fc.constant(name), is: fc.constantFrom(...(values[name] as [string])) });
    }),
    fc.constantFrom(
      ...([
        { name: 'version', below: '2.0' },
        { name: 'php', below: '8.2' },
        { name: 'wordpress', below: '6.9' },
        { name: 'database', below: 'MySQL 8.0' },
        { name: 'database', below: 'MariaDB 11.0' },
      ] as const),
    ),
    fc.constantFrom({ field: 'plan', is: 'pro' }, { field: 'a.b', is: true }, { field: 'new', is: 'x' }),
  ),
  { maxLength: 2, selector: (facet) => JSON.stringify(facet) },
);
const hours = fc.integer({ min: 0, max: 20 }).map((hour) => new Date(START + hour * HOUR_MS));
export const filters: fc.Arbitrary<SiteFilter> = fc.record(
  {
    state: fc.constantFrom(...SITE_STATES),
    facets,
    environment: fc.constantFrom('staging', 'production', 'any'),
    copies: fc.boolean(),
    since: hours,
    until: hours,
    hostStarts: fc.constantFrom('s1', 's'),
    domainEnds: fc.constantFrom('example.org', 'org', 's37.b.example'),
    email: fc.constantFrom('admin1@example.org', 'ADMIN2@example.org'),
  },
  { requiredKeys: [] },
);
