import { addDays, type Day } from '../../shared/figures/days.ts';
import { ACTIVE_DAYS } from '../../shared/figures/definitions.ts';
import type { AnalyticsDocument } from '../../shared/figures/documents.ts';
import { selfCheck } from '../../shared/figures/self-check.ts';
import type { Project } from '../../shared/project/project.ts';
import type { Log } from '../../shared/runtime/log.ts';
import type { Figures } from '../../shared/stores/figures/figures.ts';
import type { FiguresWriter } from '../../shared/stores/figures/figures-writer.ts';
import type { HistoryStream } from '../../shared/stores/history/history-reader.ts';
import type { ActiveSites } from '../../shared/stores/sites/active-sites.ts';
import { openAttempts } from './publish/attempts.ts';
import { findStale } from './publish/find-stale.ts';
import { publishFigures } from './publish/publish-figures.ts';
import { changedMonths, type Facts, publishSeries } from './publish/publish-series.ts';

export interface PublishStores {
  history: Pick<HistoryStream, 'stream'>;
  figures: FiguresWriter;
  /** As readers see them until this is done. */
  published: Pick<Figures, 'read'>;
  projects: { all(): Promise<Pick<Project, 'hash' | 'releases'>[]> };
  sites: ActiveSites;
  log: Log;
}

export interface PublishRun {
  /** The days of project_days that changed since the last time. */
  days: Day[];
  /** The last complete day, and the one that has begun. */
  through: Day;
  today: Day;
  /** Greater than that of any rebuild before. */
  generation: number;
  now: Date;
  /** Everything is made anew, whatever changed. */
  full: boolean;
}

/**
 * Makes what readers see of the tables: the series of the months that changed, the figures of the projects in which a complete
 * day changed, and last the project's `analytics`, by which all of it is seen at once. A project of which anything fails keeps
 * what it has, and is named in the log; it has what it missed with the next run that it does not fail in. Gives how many projects there are figures of, and how many failed; throws when all did.
 */
export async function publish(stores: PublishStores, run: PublishRun): Promise<{ projects: number; failed: number }> {
  const published = await stores.figures.published();
  const attempts = openAttempts(stores.log);
  const facts = await publishSeries(stores, run, { published, attempts });
  const stale = await findStale(stores, run, { published, projects: facts.keys() });
  await publishFigures(stores, run, { published, attempts, stale });
  for (const [project, known] of facts) {
    await attempts.of(project, async () => {
      const basis = stale.get(project)?.basis ?? published.get(project)?.basis ?? null;
      await stores.figures.publish({ ...(await overviewOf(project, known, stores, run)), basis });
    });
  }
  for (const project of published.keys()) {
    if (!facts.has(project)) await attempts.of(project, () => stores.figures.remove(project));
  }
  attempts.requireOne(facts.size);
  const { failed } = attempts;
  // of days that are over no later run is told again
  if (failed.length > 0) await stores.figures.noteMissed(failed, changedMonths(run));
  return { projects: facts.size, failed: failed.length };
}

async function overviewOf(
  project: string,
  { firstDay, dimensions, through: last, today: begun }: Facts,
  { sites, log }: PublishStores,
  { through, today, generation, now }: PublishRun,
): Promise<Omit<AnalyticsDocument, 'basis'>> {
  const activeToday = begun?.active ?? 0;
  const counted = await sites.count(project, new Date(addDays(today, 1 - ACTIVE_DAYS)));
  const { unsure } = selfCheck(activeToday, counted);
  if (unsure) log('WARNING', 'figures unsure', { project, charts: activeToday, latest: counted });
  const { staging = 0, local = 0, ephemeral = 0, copies = 0 } = begun ?? {};
  return {
    _id: project,
    generation,
    rebuiltAt: now,
    through,
    today,
    firstDay,
    dimensions: [...dimensions].sort(),
    active: last?.active ?? 0,
    activeToday,
    notCounted: { staging, local, ephemeral, copies },
    unsure: unsure ? { charts: activeToday, latest: counted } : null,
  };
}
