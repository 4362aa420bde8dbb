import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import { type StoredEvent, userAgentMd5 } from '../../../shared/event/envelope.ts';
import { addDays } from '../../../shared/figures/days.ts';
import type { Advisory } from '../../../shared/project/advisories.ts';
import type { Project } from '../../../shared/project/project.ts';
import { interpret, payloadHash } from '../../../shared/report/interpret.ts';
import { canonicalSite } from '../../../shared/report/site-id.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { deliveriesOf } from '../../../shared/simulation/deliveries.ts';
import { simulatePast } from '../../../shared/simulation/past.ts';
import { worldOf } from '../../../shared/simulation/world.ts';
import { openHistory } from '../../../shared/stores/history/history.ts';
import type { Latest } from '../../../shared/stores/mongodb.ts';
import { openProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { ownDatabase, ownDataset } from '../../../shared/testing/stores.ts';
import { findChromium, openBrowser } from '../../dashboard/page/testing/open-browser.ts';
import { appendHistory } from '../../process-event/append-history.ts';
import { openStores } from '../../rebuild-analytics/open-stores.ts';
import { rebuild } from '../../rebuild-analytics/rebuild.ts';
import { type EntryProcess, startEntry } from '../entry-process.ts';
import { askAndRecount, differences, readPages } from '../figures-on-page/compare-figures.ts';
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
/** Begun, and nobody has said anything on it; the day before is complete. */
const TODAY = END.toISOString().slice(0, 10);
const NOW = new Date(END.getTime() + DAY_MS / 2);
const REBUILDS = DAYS < 100 ? 2 : 4;

interface Case {
  title: string;
  project: Project;
  events: StoredEvent[];
}

function caseOf(title: string, index: number, events: (hash: string) => StoredEvent[]): Case {
  const hash = `project-${index}`;
  return { title, project: { ...TEST_PROJECT, hash, slug: hash, advisories: [hole()] }, events: events(hash) };
}

/** In the versions of the simulated past up to the newest but one. */
function hole(): Advisory {
  const out = worldOf({ seed: SEED, days: DAYS }).releases.filter(({ day }) => day < DAYS);
  const [affected = '', fixedIn = ''] = out.slice(-2).map(({ version }) => version);
  return {
    ...{ id: '2026-1', title: 'Entries could be read', affected: `<=${affected}`, fixedIn },
    publishedAt: addDays(TODAY, -20),
  };
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
    const stores = openStores(options, latest.db, () => {});
    const { lateDays } = stores;
    for (const { project } of CASES) await openProjectsWriter(latest.db).create(project);
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
      const isLast = part === REBUILDS;
      const now = isLast ? NOW : (to as Date);
      const told = days.filter(({ day }) => {
        const at = new Date(day);
        return at >= (from as Date) && (isLast || at < now);
      });
      for (const { day, events } of told) {
        // what would come after the end comes on its day
        const at = new Date(Math.min(Date.parse(day) + DAY_MS / 2, END.getTime()));
        await concurrently(events, 500, (event) =>
          appendHistory(meaningOf(event), { history, rejections, lateDays, now: () => at }),
        );
      }
      const publish = isLast ? stores.publish : async () => ({ projects: 0, failed: 0 });
      await rebuild({ ...stores, publish }, { now, lateDays: 10_000 });
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
      const { days, lives } = recount(events, { project, until: TODAY });
      assert.deepEqual(compareDays(days, await rowsOf('project_days', project)).slice(0, 20), []);
      assert.deepEqual(compareLives(lives, await rowsOf('site_lives', project)).slice(0, 20), []);
    });
  }

  describe('as the dashboard shows it', () => {
    const { project, events } = CASES[0] as Case;
    const token = 'a-token-of-this-test';
    let entry: EntryProcess;
    let asked: Awaited<ReturnType<typeof askAndRecount>>;
    const reached = () => ({ url: `http://127.0.0.1:${entry.port}`, token });

    before(async () => {
      const uri = new URL(process.env.MONGODB_URI ?? '');
      uri.pathname = `/${latest.db.databaseName}`;
      entry = await startEntry('dashboard', {
        MONGODB_URI: uri.href,
        BIGQUERY_DATASET: String(dataset.id),
        DASHBOARD_IDENTITY: 'local',
        DASHBOARD_TOKEN_SHA256: createHash('sha256').update(token).digest('hex'),
      });
      asked = await askAndRecount(reached(), { project, recounted: recount(events, { project, until: TODAY }) });
    });
    after(async () => {
      entry?.signal('SIGKILL');
      await entry?.ended;
    });

    it('every figure of the API is that of the recount, whichever answer says it', () => {
      const { answered, contradictions, told } = asked;
      assert.deepEqual(contradictions, []);
      assert.deepEqual(differences(answered, told.figures).slice(0, 20), []);
    });

    it('every number on every page is that of the recount, in a browser that opened the link', async function () {
      const chromium = findChromium();
      if (chromium === undefined) {
        console.log('      skipped: there is no chromium on this machine (apt-get install chromium)');
        return this.skip();
      }
      const browser = await openBrowser(chromium);
      try {
        const { read, wrong, console: said } = await readPages(browser, reached(), asked.told);
        assert.deepEqual(wrong.slice(0, 20), []);
        assert.deepEqual(said, []);
        assert.ok(read > 500, `${read} numbers were read`);
      } finally {
        await browser.close();
      }
    });
  });
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
