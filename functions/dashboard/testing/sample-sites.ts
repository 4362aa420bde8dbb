import type { Db } from 'mongodb';
import type { Project } from '../../../shared/project/project.ts';
import { filterableKeys } from '../../../shared/project/project.ts';
import { withDerived } from '../../../shared/stores/sites/site-derived.ts';
import { SITE_STATES } from '../../../shared/stores/sites/site-state.ts';
import { type SiteDocument, siteKey } from '../../../shared/stores/sites/sites.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-03-01T00:00:00.000Z');

/** Whose sites they are: a project with two custom fields, of which one can be listed by. */
export const SAMPLE_SITES_PROJECT: Project = {
  ...TEST_PROJECT,
  customFields: [
    { key: 'plan', type: 'string', label: 'Plan', filterable: true },
    { key: 'forms_count', type: 'number', label: 'Forms' },
  ],
  listedBy: ['plan'],
};

/** `s0.example.org`, …: sites that differ in all that a list can go by. */
export function sampleSite(n: number, project: Project): SiteDocument {
  const site = `s${n}.example.org`;
  const pick = <T>(list: readonly T[]) => list[n % list.length] as T;
  return withDerived(
    {
      ...{ _id: siteKey(project.hash, site), project: project.hash, site, name: `Site ${n}`, url: `https://${site}/` },
      ...{ state: pick(SITE_STATES), environment: 'production', cloneOf: null, optedOut: n % 4 === 3, revision: 1 },
      ...{
        projectVersion: pick(['3.1.0', '3.2.0']),
        phpVersion: pick(['7.4.33', '8.2.1']),
        phpMinor: pick(['7.4', '8.2']),
      },
      ...{
        wpMinor: '6.8',
        database: pick(['MySQL 8.0', 'MariaDB 10.6']),
        country: pick(['DE', 'FR']),
        themeSlug: 'astra',
      },
      ...{ adminEmail: `Admin${n}@Example.org`, firstName: 'Ada', lastName: '=1+1' },
      ...{ firstSeenAt: new Date(START - n * HOUR_MS), lastSeenAt: new Date(START + n * HOUR_MS) },
      customFields: { plan: pick(['free', 'pro']), forms_count: n },
      ...{ urlMd5s: [], deactivation: null, tracksSince: [] },
      clock: { report: '', older: [], track: new Date(START).toISOString(), deactivation: null, optOut: null },
    },
    filterableKeys(project),
  );
}

export async function insertSampleSites(db: Db, project: Project, count: number): Promise<void> {
  const sites = Array.from({ length: count }, (_, n) => sampleSite(n, project));
  await db.collection<SiteDocument>('sites').insertMany(sites);
}
