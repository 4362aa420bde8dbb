import type { Command } from 'commander';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { PermanentError } from '../../../shared/runtime/errors.ts';
import { HISTORY_TABLES } from '../../../shared/stores/history/history.ts';
import { EVENT_TABLES, type EventTable } from '../../../shared/stores/history/site-history.ts';
import { SITE_TABLES, type SiteTable } from '../../../shared/stores/sites/derived-sites.ts';
import type { LatestOfSites } from '../../../shared/stores/sites/site-latest.ts';
import { type Cell, type Output, type Shell, section, table } from '../terminal.ts';
import { openSearch } from './find-held.ts';
import { type Held, seedOf, totalOf } from './held-data.ts';
import { type NetworkEvidence, networkEvidence } from './network-evidence.ts';
import { type PersonStores, withPersonStores } from './person-stores.ts';
import { readTarget, type TargetOptions, withTarget } from './target.ts';

/** Everything held about a target, for the person who asks. */
interface ShownSite {
  project: { hash: string; name: string };
  sites: string[];
  mongodb: LatestOfSites;
  bigquery: Record<EventTable | SiteTable, Record<string, unknown>[]>;
  archive: { object: string; event: StoredEvent | null }[];
  networks: NetworkEvidence[];
}

/** `sitebeat show-site` */
export function defineShowSite(command: Command, { env, terminal }: Shell): void {
  withTarget(command)

    .option('--json', 'print JSON')
    .action((options: TargetOptions & Output) =>
      withPersonStores(env, async (stores) => {
        const target = await readTarget(options, stores.projects);
        const seed = seedOf(target, await stores.projects.list());
        const held = await openSearch(seed, stores, terminal).find(new Date());
        const { hash, name } = target.project;
        const shown = { project: { hash, name }, ...(await readHeld(hash, held, stores)) };
        terminal.result(shown, () => shownText(shown, totalOf(held.counts)), options);
      }),
    );
}

async function readHeld(
  projectHash: string,
  held: Held,
  { archive, history, derived }: PersonStores,
): Promise<Omit<ShownSite, 'project'>> {
  const objects: ShownSite['archive'] = [];
  for (const object of held.objects) {
    const event = await archive.read(object).catch((error) => {
      if (error instanceof PermanentError) return null;
      throw error;
    });
    if (event !== undefined) objects.push({ object, event });
  }
  const bigquery = {} as ShownSite['bigquery'];
  for (const name of EVENT_TABLES) bigquery[name] = await history.rows(name, held.objects);
  for (const name of SITE_TABLES) bigquery[name] = await derived.rows(name, projectHash, held.sites);
  const networks = networkEvidence(HISTORY_TABLES.flatMap((name) => bigquery[name]));
  return { sites: held.sites, mongodb: held.latest, bigquery, archive: objects, networks };
}

function shownText({ project, sites, mongodb, bigquery, archive, networks }: ShownSite, total: number): string {
  if (total === 0) return 'nothing is held';
  const parts: [string, object[]][] = [
    ['MongoDB, sites', mongodb.sites],
    ['MongoDB, deactivations', mongodb.deactivations],
    ['MongoDB, opt-outs', mongodb.optOuts],
    ['MongoDB, unclaimed', mongodb.unclaimed],
    ...[...EVENT_TABLES, ...SITE_TABLES].map((name): [string, object[]] => [`BigQuery, ${name}`, bigquery[name]]),
    ['Archive', archive],
  ];
  return [
    section([
      ['project', `${project.name} (${project.hash})`],
      ['sites', sites],
    ]),
    ...parts
      .filter(([, records]) => records.length > 0)
      .flatMap(([heading, records]) =>
        records.map((record, n) => recordText(`${heading}, ${n + 1} of ${records.length}`, record)),
      ),
    networksText(networks),
  ].join('\n\n');
}

function networksText(networks: NetworkEvidence[]): string {
  const rows = networks.map(({ receivedAt, eventId, network, usedBefore }) => [
    receivedAt,
    eventId,
    network ?? 'unknown',
    usedBefore === false ? 'never used by this site before' : '',
  ]);
  return `== Where its events were sent from\n${table(['time', 'event', 'network', ''], rows)}`;
}

function recordText(heading: string, record: object): string {
  return `== ${heading}\n${section(Object.entries(record).map(([name, value]) => [name, cellOf(value)]))}`;
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' ? JSON.stringify(value) : (value as Cell);
}
