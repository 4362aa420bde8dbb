import type { Day } from '../../../shared/figures/days.ts';
import type { AnalyticsDocument, Dimension } from '../../../shared/figures/documents.ts';
import { monthsOf } from '../../../shared/stores/figures/figures.ts';
import type { PublishRun, PublishStores } from '../publish.ts';
import type { Attempts } from './attempts.ts';
import { firstDays as firstDaysQuery, months as monthQuery } from './figure-queries.ts';
import { type DayRow, seriesDocuments } from './series-documents.ts';

/** What the days of a project say of it as a whole. */
export interface Facts {
  firstDay: Day;
  dimensions: Set<Dimension>;
  /** Absent: there was nothing of it on that day. */
  through?: DayRow;
  today?: DayRow;
}

interface Context {
  published: ReadonlyMap<string, AnalyticsDocument>;
  attempts: Attempts;
}

/** Writes the series of the months that changed, or that a project missed; gives the facts of every project that there is any day of. */
export async function publishSeries(
  stores: PublishStores,
  run: PublishRun,
  context: Context,
): Promise<Map<string, Facts>> {
  const { published } = context;
  const firstDays = run.full ? await findFirstDays(stores, run) : new Map<string, Day>();
  const facts = new Map<string, Facts>();
  for (const [project, firstDay] of firstDays) facts.set(project, { firstDay, dimensions: new Set() });
  const changed = [...changedMonths(run), ...monthsSince(firstDays, run)];
  const monthsOfProject = (project: string) => new Set([...changed, ...(published.get(project)?.missed ?? [])]);
  const missed = [...published.values()].flatMap((known) => known.missed ?? []);
  for (const month of new Set([...changed, ...missed])) {
    await publishMonth(month, { monthsOfProject, facts }, stores, run, context);
  }
  const unseen = [...facts.keys()].filter((project) => !published.has(project) && !run.full);
  if (unseen.length > 0) {
    const all = monthsSince(await findFirstDays(stores, run, unseen), run);
    const monthsOfUnseen = (project: string) => new Set(unseen.includes(project) ? all : []);
    for (const month of all.filter((one) => !changed.includes(one))) {
      await publishMonth(month, { monthsOfProject: monthsOfUnseen, facts }, stores, run, context);
    }
  }
  if (!run.full) await addQuiet(facts, stores, run, published);
  return facts;
}

interface Months {
  /** Those of a project that are made. */
  monthsOfProject(project: string): ReadonlySet<string>;
  /** What they say of it is added. */
  facts: Map<string, Facts>;
}

async function publishMonth(
  month: string,
  { monthsOfProject, facts }: Months,
  stores: PublishStores,
  run: PublishRun,
  { published, attempts }: Context,
): Promise<void> {
  const seen = new Set<string>();
  const put = (project: string, days: readonly DayRow[]) =>
    attempts.of(project, async () => {
      const { dimensions = [], generation = 0 } = published.get(project) ?? {};
      const documents = seriesDocuments({ project, month, generation: run.generation }, days, dimensions);
      await stores.figures.putSeries(documents, generation);
    });
  for await (const row of stores.history.stream(monthQuery(month))) {
    const project = String(row.project_hash);
    const months = monthsOfProject(project);
    if (!months.has(month)) continue;
    const days = row.days as DayRow[];
    seen.add(project);
    facts.set(project, withDays(facts.get(project) ?? earlierFacts(published.get(project), months, run), days, run));
    await put(project, days);
  }
  for (const [project, { firstDay }] of published) {
    if (!seen.has(project) && monthsOfProject(project).has(month) && firstDay.slice(0, 7) <= month)
      await put(project, []);
  }
}

/** Of the days that changed. */
export function changedMonths({ days, through, today }: PublishRun): string[] {
  return [...new Set([...days, through, today].map((day) => day.slice(0, 7)))].sort();
}

/** All from the first of these days on. */
function monthsSince(firstDays: ReadonlyMap<string, Day>, { today }: PublishRun): string[] {
  const [first] = [...firstDays.values()].sort();
  return first === undefined ? [] : monthsOf(first, today);
}

/** Those of the months that are not made anew; a day or a dimension that no month has any more is none. */
function earlierFacts(
  published: AnalyticsDocument | undefined,
  months: ReadonlySet<string>,
  { today }: PublishRun,
): Facts {
  const isWhole = published && monthsOf(published.firstDay, today).every((month) => months.has(month));
  return factsOf(isWhole ? undefined : published);
}

function factsOf(published: AnalyticsDocument | undefined): Facts {
  return { firstDay: published?.firstDay ?? '9999-12-31', dimensions: new Set(published?.dimensions) };
}

function withDays(known: Facts, days: readonly DayRow[], { through, today }: PublishRun): Facts {
  const first = days[0]?.day ?? known.firstDay;
  const dimensions = new Set(known.dimensions);
  for (const { spreads } of days) for (const { dimension } of spreads) dimensions.add(dimension);
  const on = (wanted: Day) => days.find(({ day }) => day === wanted);
  const [last, begun] = [on(through) ?? known.through, on(today) ?? known.today];
  return {
    firstDay: first < known.firstDay ? first : known.firstDay,
    dimensions: dimensions.add('active').add('flows'),
    ...(last && { through: last }),
    ...(begun && { today: begun }),
  };
}

/** Those of which nothing was told lately, if there is still any day of them. */
async function addQuiet(
  facts: Map<string, Facts>,
  stores: PublishStores,
  run: PublishRun,
  published: ReadonlyMap<string, AnalyticsDocument>,
): Promise<void> {
  const quiet = [...published.keys()].filter((project) => !facts.has(project));
  if (quiet.length === 0) return;
  for (const project of (await findFirstDays(stores, run, quiet)).keys()) {
    facts.set(project, factsOf(published.get(project)));
  }
}

/** By project; of these only, if any are named. */
async function findFirstDays(
  { history }: PublishStores,
  { today }: PublishRun,
  projects?: string[],
): Promise<Map<string, Day>> {
  const firstDays = new Map<string, Day>();
  for await (const row of history.stream(firstDaysQuery(today, projects))) {
    firstDays.set(String(row.project_hash), String(row.first_day));
  }
  return firstDays;
}
