import { addDays } from '../../../shared/figures/days.ts';
import { safeKey } from '../../../shared/project/custom-fields.ts';
import { type SiteDocument, siteKey } from '../../../shared/stores/sites/sites.ts';
import type { SiteAnswer, SiteHistoryAnswer } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { RequestProblem } from '../problem.ts';
import { siteOfId } from '../site-id.ts';
import { siteItem } from './sites.ts';

export async function getSite(call: ProjectCall): Promise<Answer> {
  const site = await findSite(call);
  const { deactivation, customFields } = site;
  const body: SiteAnswer = {
    ...siteItem(site),
    url: site.url ?? null,
    locale: site.locale ?? null,
    webServer: site.webServer ?? null,
    multisite: site.multisite ?? null,
    users: site.usersTotal ?? null,
    // under the keys that the author gave them
    customFields: Object.fromEntries(
      call.project.customFields.flatMap(({ key }) => {
        const value = customFields[safeKey(key)];
        return value === undefined ? [] : [[key, value]];
      }),
    ),
    optedOut: site.optedOut,
    deactivation: deactivation && {
      at: deactivation.deactivatedAt.toISOString(),
      reason: deactivation.reasonId,
      text: deactivation.reasonInfo,
      version: deactivation.projectVersion,
    },
  };
  return { kind: 'fresh', body };
}

/** Thirteen months. */
const HISTORY_DAYS = 396;

export async function getSiteHistory(call: ProjectCall): Promise<Answer> {
  const { site } = await findSite(call);
  const from = addDays(call.now.toISOString().slice(0, 10), 1 - HISTORY_DAYS);
  const days = await call.stores.siteDays.of(call.project.hash, site, from);
  return { kind: 'fresh', body: { days } satisfies SiteHistoryAnswer };
}

/** Throws a RequestProblem when the project has no such site. */
export async function findSite({ project, params, stores }: ProjectCall): Promise<SiteDocument> {
  const site = await stores.sites.find(siteKey(project.hash, siteOfId(params.id as string)));
  if (site === undefined) throw new RequestProblem('not-found');
  return site;
}
