import type { Db, Document } from 'mongodb';
import type { Environment } from '../../report/environment.ts';
import { transient } from '../../runtime/errors.ts';
import type { DeactivationDocument } from './deactivations.ts';
import { checkLimit, type Driver, type ListPage, type PageRequest, readPage } from './list-page.ts';
import type { SiteDocument } from './sites.ts';

/** Which deactivations of a project are listed, the latest of each site; all that is given has to hold. */
export interface DeactivationFilter {
  /** null: those that gave no reason. */
  reasonId?: string | null | undefined;
  /** With a reason, whichever, or without. */
  hasReason?: boolean | undefined;
  projectVersion?: string | undefined;
  /** With words, or without. */
  hasText?: boolean | undefined;
  /** From then on, and before then. */
  since?: Date | undefined;
  until?: Date | undefined;
  /** Absent: production. */
  environment?: Environment | 'any' | undefined;
}

const ROW_FIELDS = [
  ...(['_id', 'site', 'environment', 'deactivatedAt', 'reasonId', 'reasonInfo', 'hasText'] as const),
  ...(['projectVersion', 'reactivatedAt'] as const),
] as const satisfies (keyof DeactivationDocument)[];

export interface DeactivationRow extends Pick<DeactivationDocument, (typeof ROW_FIELDS)[number]> {
  /** Days, as UTC dates, since the site was first seen; null: it never reported, or is there no more. */
  ageDays: number | null;
}

export interface DeactivationLists {
  /** A page of a project's, newest first. */
  page(project: string, filter: DeactivationFilter, request: PageRequest): Promise<ListPage<DeactivationRow>>;
}

export function openDeactivationLists(db: Db): DeactivationLists {
  const deactivations = db.collection<DeactivationDocument>('deactivations');
  const sites = db.collection<SiteDocument>('sites');
  const projection = Object.fromEntries(ROW_FIELDS.map((name) => [name, 1]));
  return {
    page: async (project, filter, request) => {
      checkLimit(request);
      return transient('deactivations', async () => {
        const query = { driver: deactivationDriver(project, filter), projection, matches: matcherOf(filter) };
        const { rows, ...page } = await readPage(deactivations, query, request);
        const left = sites
          .find({ _id: { $in: rows.map(({ _id }) => _id) } })
          .project<Pick<SiteDocument, '_id' | 'firstSeenAt' | 'clock'>>({ firstSeenAt: 1, clock: 1 });
        const siteOf = new Map((await left.toArray()).map((site) => [site._id, site]));
        return { ...page, rows: rows.map((row) => ({ ...row, ageDays: ageOf(row, siteOf.get(row._id)) })) };
      });
    },
  };
}

/** Which range of which index gives them: that of the first of reason, version and words that is given. */
export function deactivationDriver(project: string, filter: DeactivationFilter): Driver {
  const { reasonId, projectVersion, hasText, since, until } = filter;
  const given = Object.entries({ reasonId, projectVersion, hasText }).find(([, value]) => value !== undefined);
  const equal: Document = { project, ...(given && { [given[0]]: given[1] }) };
  const range = { ...(since && { $gte: since }), ...(until && { $lt: until }) };
  return {
    equal: [equal],
    order: [
      ['deactivatedAt', -1],
      ['_id', 1],
    ],
    range,
  };
}

function matcherOf(filter: DeactivationFilter): (document: DeactivationDocument) => boolean {
  const { reasonId, hasReason, projectVersion, hasText, environment = 'production' } = filter;
  return (document) =>
    (environment === 'any' || document.environment === environment) &&
    (reasonId === undefined || document.reasonId === reasonId) &&
    (hasReason === undefined || (document.reasonId !== null) === hasReason) &&
    (projectVersion === undefined || document.projectVersion === projectVersion) &&
    (hasText === undefined || document.hasText === hasText);
}

const DAY_MS = 86_400_000;

function ageOf(
  { deactivatedAt }: Pick<DeactivationDocument, 'deactivatedAt'>,
  site: Pick<SiteDocument, 'firstSeenAt' | 'clock'> | undefined,
): number | null {
  if (site === undefined || site.clock.track === null) return null;
  const day = (time: Date) => Math.floor(time.getTime() / DAY_MS);
  return Math.max(0, day(deactivatedAt) - day(site.firstSeenAt));
}
