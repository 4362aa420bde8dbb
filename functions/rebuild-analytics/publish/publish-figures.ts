import { addDays, type Day } from '../../../shared/figures/days.ts';
import { NEIGHBOURS } from '../../../shared/figures/definitions.ts';
import type { AnalyticsDocument, FigureDocuments, FigureName } from '../../../shared/figures/documents.ts';
import { figureId } from '../../../shared/stores/figures/figures.ts';
import type { PublishRun, PublishStores } from '../publish.ts';
import type { Attempts } from './attempts.ts';
import { BEGINNING, figures as figuresQuery, lives as livesQuery, support as supportQuery } from './figure-queries.ts';
import { type FigureRow, type LivesRow, RATES_DAYS, type SupportRow, type Window } from './figure-rows.ts';
import { SETTLED_DAYS, type Stale } from './find-stale.ts';
import { neighboursFound } from './neighbours.ts';
import { ratesOf } from './rates.ts';
import { releasesOf } from './releases.ts';
import { retentionOf } from './retention.ts';
import { supportOf } from './support.ts';

interface Context {
  published: ReadonlyMap<string, AnalyticsDocument>;
  attempts: Attempts;
  stale: ReadonlyMap<string, Stale>;
}

const NONE = { releases: [], others: [] };

/** Writes the figures of these projects. */
export async function publishFigures(stores: PublishStores, run: PublishRun, context: Context): Promise<void> {
  if (context.stale.size === 0) return;
  const leaves = await publishRetention(stores, run, context);
  const newest = new Map<string, string | null>();
  const lacking: string[] = [];
  for (const isFresh of [false, true]) {
    const projects = [...context.stale].filter(([, stale]) => stale.isFresh === isFresh).map(([project]) => project);
    if (isFresh) projects.push(...lacking);
    if (projects.length === 0) continue;
    const window = windowOf(run, isFresh);
    for await (const row of readFigures(stores, projects, window)) {
      const { project_hash: project } = row;
      const { said = new Map<string, Day>() } = context.stale.get(project) ?? {};
      await context.attempts.of(project, async () => {
        const earlier = isFresh ? NONE : await readReleases(stores, project);
        const releases = releasesOf(row, { earlier, said }, window);
        if (releases === null) {
          lacking.push(project);
          return;
        }
        newest.set(project, releases.releases[0]?.version ?? null);
        await putFigures(project, stores, run, context, {
          releases,
          rates: ratesOf(row, { leaves: leaves.get(project) ?? [], releases: releases.releases }, window),
          neighbours: { from: window.neighboursFrom, to: run.through, found: neighboursFound(row.neighbours) },
        });
      });
    }
  }
  await publishSupport(stores, run, { ...context, newest });
}

/** The figures of a project without their heads. */
type Made = { [Name in FigureName]?: Omit<FigureDocuments[Name], '_id' | 'generation'> };

async function putFigures(
  project: string,
  { figures }: PublishStores,
  { generation }: PublishRun,
  { published }: Context,
  made: Made,
): Promise<void> {
  const documents = Object.entries(made).map(([name, figure]) => ({
    _id: figureId(project, name as FigureName),
    generation,
    ...figure,
  }));
  await figures.putFigures(documents as FigureDocuments[FigureName][], published.get(project)?.generation ?? 0);
}

async function readReleases({ published }: PublishStores, project: string) {
  const known = await published.read(project, { figures: ['releases'] });
  return known?.figures.releases ?? NONE;
}

/** The days that figures are made of. `isFresh`: whatever there is. */
export function windowOf({ days, through }: Pick<PublishRun, 'days' | 'through'>, isFresh: boolean): Window {
  const usual = addDays(through, 1 - NEIGHBOURS.days);
  const late = addDays(days.toSorted()[0] ?? through, -SETTLED_DAYS);
  return {
    releasesFrom: isFresh ? BEGINNING : late < usual ? late : usual,
    ratesFrom: addDays(through, 1 - RATES_DAYS),
    neighboursFrom: usual,
    through,
  };
}

/** What the figures of each of these projects are made of; a project without a day in the window has nothing. */
async function* readFigures({ history }: PublishStores, projects: string[], window: Window): AsyncIterable<FigureRow> {
  const silent = new Set(projects);
  for await (const row of history.stream(figuresQuery(projects, window))) {
    silent.delete(String(row.project_hash));
    yield row as unknown as FigureRow;
  }
  for (const project of silent) {
    yield { project_hash: project, days: [], exposure: [], reports: [], versions: [], neighbours: [] };
  }
}

/** Writes the retention of every project; gives how old its sites were that left of late. */
async function publishRetention(
  stores: PublishStores,
  run: PublishRun,
  context: Context,
): Promise<Map<string, LivesRow['leaves']>> {
  const leaves = new Map<string, LivesRow['leaves']>();
  const silent = new Set(context.stale.keys());
  const { through } = run;
  const put = (project: string, kept: LivesRow['kept']) =>
    context.attempts.of(project, () =>
      putFigures(project, stores, run, context, { retention: retentionOf(kept, through) }),
    );
  const rows = stores.history.stream(livesQuery([...silent], through));
  for await (const row of rows as AsyncIterable<unknown> as AsyncIterable<LivesRow>) {
    silent.delete(row.project_hash);
    leaves.set(row.project_hash, row.leaves);
    await put(row.project_hash, row.kept);
  }
  for (const project of silent) await put(project, []);
  return leaves;
}

/** Writes what the sites on the newest release run. */
async function publishSupport(
  stores: PublishStores,
  run: PublishRun,
  context: Context & { newest: ReadonlyMap<string, string | null> },
): Promise<void> {
  const silent = new Set(context.newest.keys());
  const put = (project: string, spreads: SupportRow['spreads']) =>
    context.attempts.of(project, () =>
      putFigures(project, stores, run, context, {
        support: supportOf(context.newest.get(project) ?? null, spreads),
      }),
    );
  const newest = [...context.newest].flatMap(([project, version]) =>
    version === null ? [] : [`${project} ${version}`],
  );
  if (newest.length > 0) {
    const rows = stores.history.stream(supportQuery(newest, run.through));
    for await (const row of rows as AsyncIterable<unknown> as AsyncIterable<SupportRow>) {
      silent.delete(row.project_hash);
      await put(row.project_hash, row.spreads);
    }
  }
  for (const project of silent) await put(project, []);
}
