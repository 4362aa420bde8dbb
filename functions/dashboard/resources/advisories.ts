import { daysToHalfFixed } from '../../../shared/figures/below.ts';
import type { Day } from '../../../shared/figures/days.ts';
import type { Series } from '../../../shared/figures/documents.ts';
import { shareOf } from '../../../shared/figures/intervals.ts';
import { lastDay } from '../../../shared/figures/period.ts';
import { type Advisory, isAffected } from '../../../shared/project/advisories.ts';
import type { AdvisoriesAnswer } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { figuresAnswer, figuresOf, ofGeneration, overviewOf } from '../figures-of.ts';

export async function getAdvisories(call: ProjectCall): Promise<Answer> {
  const { advisories } = call.project;
  const extent = await overviewOf(call);
  const { firstDay, today } = extent;
  const last = lastDay(extent);
  const [from] = [...advisories.map(({ publishedAt }) => publishedAt), last].sort() as [Day];
  const read = { dimension: 'version' as const, from: from > firstDay ? from : firstDay, to: today };
  const { analytics, series } = await figuresOf(call, { series: [read] });
  return figuresAnswer<AdvisoriesAnswer>({
    ...ofGeneration(analytics),
    advisories: advisories.map((advisory) => ({
      ...advisory,
      ...affectedSites(advisory, series[0] as Series, { last, through: analytics.through }),
    })),
  });
}

type Affected = Pick<AdvisoriesAnswer['advisories'][0], 'sites' | 'days' | 'daysToHalfFixed'>;

function affectedSites(
  advisory: Advisory,
  { names, days }: Series,
  { last, through }: { last: Day; through: Day },
): Affected {
  const places = new Set(names.flatMap((name, place) => (isAffected(name, advisory) ? [place] : [])));
  const counted = days.map(({ day, counts, unknown, total }) => {
    const those = counts.filter(([place]) => places.has(place));
    return { day, affected: those.reduce((sum, [, sites]) => sum + sites, 0), known: total - unknown };
  });
  // of today it would be another number than the overview's
  const now = counted.find(({ day }) => day === last);
  const since = counted.filter(({ day }) => day >= advisory.publishedAt);
  const complete = since.filter(({ day }) => day <= through);
  return {
    sites: shareOf(now?.affected ?? 0, now?.known ?? 0),
    days: since.map(({ day, affected }) => ({ day, sites: affected })),
    daysToHalfFixed: daysToHalfFixed(complete, advisory.publishedAt),
  };
}
