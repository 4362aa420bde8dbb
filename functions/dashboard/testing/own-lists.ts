import assert from 'node:assert/strict';
import type { Project } from '../../../shared/project/project.ts';
import type { DeactivationDocument } from '../../../shared/stores/sites/deactivations.ts';
import { siteKey } from '../../../shared/stores/sites/sites.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import type { ListAnswer, Problem, SiteItem } from '../api.ts';
import { API } from '../router.ts';
import { type Answered, type OwnDashboard, openOwnDashboard } from './own-dashboard.ts';
import { NOW } from './sample-figures.ts';
import { insertSampleSites, SAMPLE_SITES_PROJECT } from './sample-sites.ts';

export const OWNER = 'olga@example.org';
export const ANALYST = 'ann@example.org';
/** Whose lists they are. */
export const PROJECT: Project = {
  ...SAMPLE_SITES_PROJECT,
  access: [
    { email: OWNER, role: 'owner' },
    { email: ANALYST, role: 'analyst' },
  ],
};
/** Below and above the other's hash, so that one who leaves a list's range would find them. */
export const OTHERS: Project[] = ['0', 'f'].map((digit) => ({
  ...TEST_PROJECT,
  hash: `${digit.repeat(8)}-0000-4000-8000-000000000000`,
  slug: `other-${digit}`,
}));
const SITES = 12;

/** A dashboard of a test's own that lists sites and deactivations of `PROJECT`, and those who read it. */
export interface OwnLists {
  dashboard: OwnDashboard;
  /** Below the project; by its owner, unless told otherwise. */
  get<Body>(path: string, as?: string): Promise<Answered<Body>>;
  /** A list, which is not refused. */
  listed<Item = SiteItem>(path: string): Promise<ListAnswer<Item>>;
  /** The status, and the parameters that are at fault. */
  refused(path: string, as?: string): Promise<unknown[]>;
}

export async function openOwnLists(): Promise<OwnLists> {
  const dashboard = await openOwnDashboard([PROJECT, ...OTHERS], NOW);
  for (const project of [PROJECT, ...OTHERS]) await insertSampleSites(dashboard.db, project, SITES);
  await dashboard.db.collection<DeactivationDocument>('deactivations').insertMany(
    [0, 1, 2].map((n) => ({
      ...{ _id: siteKey(PROJECT.hash, `s${n}.example.org`), project: PROJECT.hash, site: `s${n}.example.org` },
      ...{ environment: 'production', eventId: `e${n}`, deactivatedAt: new Date(`2026-03-0${n + 2}T10:00:00Z`) },
      ...{
        reasonId: [null, 'too-slow', 'none'][n] as string | null,
        reasonSent: null,
        reasonInfo: n === 1 ? '=cmd|x' : null,
      },
      ...{ projectVersion: '3.2.0', reactivatedAt: n === 2 ? NOW : null, hasText: n === 1, revision: 1 },
    })),
  );
  const get: OwnLists['get'] = (path, as = OWNER) => dashboard.get(`${API}/projects/${PROJECT.slug}${path}`, { as });
  return {
    dashboard,
    get,
    listed: async (path) => {
      const { status, text, body } = await get<ListAnswer<never>>(path);
      assert.equal(status, 200, text);
      return body;
    },
    refused: async (path, as) => {
      const { status, body } = await get<Problem>(path, as);
      return [status, ...(body.errors ?? []).map(({ parameter }) => parameter)];
    },
  };
}
