import { createHash } from 'node:crypto';
import { addDays, type Day, daysBetween } from '../../../shared/figures/days.ts';
import { NEIGHBOURS, RELEASE_ALERT, RELEASES } from '../../../shared/figures/definitions.ts';
import type { AnalyticsDocument, FiguresBasis } from '../../../shared/figures/documents.ts';
import type { PublishRun, PublishStores } from '../publish.ts';
import { basis as basisQuery } from './figure-queries.ts';

/** A project whose figures are to be made anew. */
export interface Stale {
  basis: FiguresBasis;
  /** Release days by the author's word, by version. */
  said: Map<string, Day>;
  /** The releases of the last rebuild are no help. */
  isFresh: boolean;
}

/** From then on nothing of a release changes: it is followed no longer, and the last look at it is over. */
export const SETTLED_DAYS = RELEASES.followedDays + Math.max(...RELEASE_ALERT.lookDays);
/** The last rebuild can be so far behind without that a release has settled meanwhile that was not settled then. */
const MOST_DAYS_BEHIND = NEIGHBOURS.days - SETTLED_DAYS;
/** Complete days that are looked at for changes, the last ones: older ones change seldom, and then everything is made anew. */
const WATCHED_DAYS = 2;

/**
 * The projects whose figures are of other days than what is there now. They are of complete days, which hardly change: so most
 * rebuilds of a day make none.
 */
export async function findStale(
  stores: PublishStores,
  run: PublishRun,
  { published, projects }: { published: ReadonlyMap<string, AnalyticsDocument>; projects: Iterable<string> },
): Promise<Map<string, Stale>> {
  const watched = Array.from({ length: WATCHED_DAYS }, (_, days) => addDays(run.through, -days));
  const hasLateDays = run.days.some((day) => day < (watched.at(-1) as Day));
  const digests = await readDigests(
    stores,
    watched.filter((day) => run.days.includes(day)),
  );
  const settings = new Map((await stores.projects.all()).map((project) => [project.hash, project]));
  const stale = new Map<string, Stale>();
  for (const project of projects) {
    const before = published.get(project)?.basis ?? undefined;
    const releases = settings.get(project)?.releases ?? [];
    const days = { ...digests.get(project) };
    const basis = {
      through: run.through,
      settings: digestOf([releases, RELEASES].map((one) => JSON.stringify(one))),
      days,
    };
    const isFresh =
      run.full ||
      before === undefined ||
      before.settings !== basis.settings ||
      daysBetween(before.through, run.through) > MOST_DAYS_BEHIND;
    const isSame = before?.through === run.through && Object.keys(days).every((day) => days[day] === before.days[day]);
    if (!isFresh && !hasLateDays && isSame) continue;
    const said = new Map(releases.map(({ version, releasedOn }) => [version, releasedOn]));
    stale.set(project, { basis, said, isFresh });
  }
  return stale;
}

/** By project and day, of what figures are made of. */
async function readDigests({ history }: PublishStores, days: Day[]): Promise<Map<string, Record<Day, string>>> {
  const digests = new Map<string, Record<Day, string>>();
  if (days.length === 0) return digests;
  for await (const { project_hash: project, day, ...row } of history.stream(basisQuery(days))) {
    // the order within an array is no one's promise
    const parts = Object.values(row).flatMap((value) => (Array.isArray(value) ? value : [value]));
    const own = digests.get(String(project)) ?? {};
    own[String(day)] = digestOf(parts.map((part) => JSON.stringify(part)).sort());
    digests.set(String(project), own);
  }
  return digests;
}

function digestOf(texts: readonly string[]): string {
  return createHash('sha256').update(texts.join('\n')).digest('hex');
}
