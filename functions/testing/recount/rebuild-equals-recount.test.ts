import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import { type StoredEvent, userAgentMd5 } from '../../../shared/event/envelope.ts';
import type { Project } from '../../../shared/project/project.ts';
import { interpret, payloadHash } from '../../../shared/report/interpret.ts';
import { canonicalSite } from '../../../shared/report/site-id.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { deliveriesOf } from '../../../shared/simulation/deliveries.ts';
import { simulatePast } from '../../../shared/simulation/past.ts';
import { openLateDays } from '../../../shared/stores/figures/late-days.ts';
import { openLeases } from '../../../shared/stores/figures/leases.ts';
import { openDerivedTables } from '../../../shared/stores/history/derived-tables.ts';
import { openHistory } from '../../../shared/stores/history/history.ts';
import { openHistoryReader } from '../../../shared/stores/history/history-reader.ts';
import type { Latest } from '../../../shared/stores/mongodb.ts';
import { openCopies } from '../../../shared/stores/sites/copies.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { ownDatabase, ownDataset } from '../../../shared/testing/stores.ts';
import { appendHistory } from '../../process-event/append-history.ts';
import { rebuild } from '../../rebuild-analytics/rebuild.ts';
import { compareDays, compareLives, type TableRow } from './compare-tables.ts';
import { recount } from './recount.ts';
import { roughHistory } from './rough-history.ts';

/** As large as one asks: `npm run proof:figures`. */
const SITES = Number(process.env.SITEBEAT_FIGURES_SITES ?? 60);
const DAYS = Number(process.env.SITEBEAT_FIGURES_DAYS ?? 40);
const ROUGH = 5;
const SEED = Number(process.env.SITEBEAT_FIGURES_SEED ?? 1);
const DAY_MS = 86_400_000;
const START = Date.parse('2026-01-01');
const END = new Date(START + DAYS * DAY_MS);
const LAST_DAY = new Date(END.getTime() - 1).toISOString().slice(0, 10);
const REBUILDS = DAYS < 100 ? 2 : 4;

interface Case {
  title: string;
  project: Project;
  events: StoredEvent[];
}

function caseOf(title: string, index: number, events: (hash: string) => StoredEvent[]): Case {
  const hash = `project-${index}`;
  return { title, project: { ...TEST_PROJECT, hash, slug: hash }, events: events(hash) };
}

const CASES: Case[] = [
  caseOf(`a simulated past of ${SITES} sites in ${DAYS} days`, 0, (projectHash) => [
    ...simulatePast({ projectHash, sites: SITES, days: DAYS, seed: SEED, until: END }),
  ]),
  ...Array.from({ length: ROUGH }, (_, index) =>
    caseOf(`rough history ${index}`, index + 1, (hash) =>
      roughHistory(100 * SEED + index, { sites: 7, days: DAYS }).map((event) => ({
        ...event,
        id: `${event.id}-${hash}`,
        payload: { ...event.payload, hash },
      })),
    ),
  ),
];

describe('a rebuild, after events late, doubled and in any order, and a recount of the objects', function () {
  this.timeout(0);
  let dataset: Dataset;
  let latest: Latest;

  before(async () => {
    dataset = await ownDataset();
    latest = ownDatabase();
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 40 };
    const lateDays = openLateDays(latest.db);
    const stores = {
      history: openHistoryReader(options),
      tables: openDerivedTables(options),
      lateDays,
      leases: openLeases(latest.db),
      copies: openCopies(latest.db),
      projects: { customFieldKeys: async () => TEST_PROJECT.customFields.map(({ key }) => key) },
      publish: async () => ({ projects: 0, failed: 0 }),
    };
    const history = openHistory(options);
    const rejections = { append: async () => {} };
    const all = CASES.flatMap(({ events }) => events).sort((one, other) =>
      one.receivedAt < other.receivedAt ? -1 : 1,
    );
    const meaningOf = openMeanings(all);
    const trouble = { seed: SEED, late: 0.06, lateDays: [1, 29, 31, 200], doubled: 0.04 };
    const days = [...deliveriesOf(all, trouble)];
    for (let part = 1; part <= REBUILDS; part += 1) {
      const [from, to] = [part - 1, part].map(
        (each) => new Date(START + Math.floor((each * DAYS) / REBUILDS) * DAY_MS),
      );
      const now = part === REBUILDS ? END : (to as Date);
      const told = days.filter(({ day }) => {
        const at = new Date(day);
        return at >= (from as Date) && (part === REBUILDS || at < now);
      });
      for (const { day, events } of told) {
        // what would come after the end comes on its day
        const at = new Date(Math.min(Date.parse(day) + DAY_MS / 2, END.getTime()));
        await concurrently(events, 500, (event) =>
          appendHistory(meaningOf(event), { history, rejections, lateDays, now: () => at }),
        );
      }
      await rebuild(stores, { now, lateDays: 10_000 });
    }
  });
  after(async () => {
    await dataset.delete({ force: true });
    await latest.db.dropDatabase();
    await latest.close();
  });

  const rowsOf = async (table: string, project: Project): Promise<TableRow[]> => {
    const isByDay = table !== 'site_lives';
    const query = `SELECT * FROM \`${dataset.id}.${table}\` WHERE project_hash = @hash${isByDay ? " AND day >= '2000-01-01'" : ''}`;
    const [rows] = await dataset.bigQuery.query({ query, params: { hash: project.hash } });
    return rows;
  };

  for (const { title, project, events } of CASES) {
    it(`agree on every figure of every day, and on every life: ${title}`, async () => {
      const { days, lives } = recount(events, { project, until: LAST_DAY });
      const through = (await rowsOf('project_days', project)).filter((row) => {
        const { value } = row.day as { value: string };
        return value <= LAST_DAY;
      });
      assert.deepEqual(compareDays(days, through).slice(0, 20), []);
      assert.deepEqual(compareLives(lives, await rowsOf('site_lives', project)).slice(0, 20), []);
    });
  }
});

/** What events mean; a deactivation without a name is of the site that goes by its md5. */
function openMeanings(events: StoredEvent[]) {
  const projects = new Map(CASES.map(({ project }) => [project.hash, project]));
  const owners = new Map<string, { project: Project; site: string }>();
  for (const { payload, userAgent } of events) {
    const project = projects.get(payloadHash(payload) ?? '');
    const [md5, site] = [userAgentMd5(userAgent), canonicalSite(String(payload.url ?? ''))];
    if (project && md5 !== null && site !== undefined && !owners.has(md5)) owners.set(md5, { project, site });
  }
  return (event: StoredEvent) => {
    const hash = payloadHash(event.payload);
    const attribution =
      hash === null ? owners.get(userAgentMd5(event.userAgent) ?? '') : { project: projects.get(hash) };
    return interpret(event, attribution?.project ? (attribution as { project: Project }) : {});
  };
}
