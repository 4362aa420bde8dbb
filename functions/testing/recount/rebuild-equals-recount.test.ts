import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { addDays } from '../../../shared/figures/days.ts';
import { DIMENSIONS, type Dimension } from '../../../shared/figures/documents.ts';
import type { Advisory } from '../../../shared/project/advisories.ts';
import type { Project } from '../../../shared/project/project.ts';
import { simulatePast } from '../../../shared/simulation/past.ts';
import { worldOf } from '../../../shared/simulation/world.ts';
import { openFigures } from '../../../shared/stores/figures/figures.ts';
import type { Latest } from '../../../shared/stores/mongodb.ts';
import { openProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { IS_PROOF } from '../../../shared/testing/in-proof.ts';
import { ownDatabase, ownDataset } from '../../../shared/testing/stores.ts';
import { findChromium, openBrowser } from '../../dashboard/page/testing/open-browser.ts';
import { openStores } from '../../rebuild-analytics/open-stores.ts';
import { rebuild } from '../../rebuild-analytics/rebuild.ts';
import { type EntryProcess, startEntry } from '../entry-process.ts';
import { askAndRecount, differences, readPages } from '../figures-on-page/compare-figures.ts';
import { updateLatest } from '../update-latest.ts';
import { compareDocuments } from './compare-documents.ts';
import { compareDays, compareLives, type TableRow } from './compare-tables.ts';
import { countReleases } from './count-releases.ts';
import { type Recount, recount } from './recount.ts';
import { roughHistory } from './rough-history.ts';
import { type Case, erasedCase, eraseSites, listedOf, openTelling } from './told-cases.ts';

const { SITEBEAT_FIGURES_SITES, SITEBEAT_FIGURES_DAYS } = process.env;
const IS_WHOLE = IS_PROOF || SITEBEAT_FIGURES_SITES !== undefined;
/** As large as one asks: `npm run proof:figures`. */
const SITES = Number(SITEBEAT_FIGURES_SITES ?? (IS_WHOLE ? 60 : 16));
/** At least 2. By itself so many that a silence, the period that a page shows at first, and a release fit in. */
const DAYS = Number(SITEBEAT_FIGURES_DAYS ?? 40);
/** Of a project that is younger than the period that a page shows at first. */
const YOUNG = { sites: 12, days: Math.min(DAYS, 16) };
const ROUGH = IS_WHOLE ? 3 : 1;
const SEED = Number(process.env.SITEBEAT_FIGURES_SEED ?? 1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MANY_DAYS = 10_000;
const FIRST_DAY = '2026-01-01';
const START = Date.parse(FIRST_DAY);
const END = START + DAYS * DAY_MS;
/** The days of the past. */
const PAST = Array.from({ length: DAYS }, (_, day) => dayOf(START + day * DAY_MS));
/** The day after the last one of the past: it has begun. */
const TODAY = dayOf(END);
const NOW = END + DAY_MS / 2;
const ERASED_AT = START + (Math.max(1, Math.floor(DAYS / 4)) + 0.5) * DAY_MS;
const ERASED_ON = dayOf(ERASED_AT);

function caseOf(title: string, index: number, past: (hash: string) => StoredEvent[], days = DAYS): Case {
  const hash = `project-${index}`;
  const project = { ...TEST_PROJECT, hash, slug: hash, name: `Project ${index}`, advisories: [hole(days)] };
  return erasedCase(title, project, past(hash));
}

/** In the versions of the simulated past up to the newest but one. */
function hole(days: number): Advisory {
  const out = worldOf({ seed: SEED, days }).releases.filter(({ day }) => day < days);
  const [affected = '', fixedIn = ''] = out.slice(-2).map(({ version }) => version);
  return {
    ...{ id: '2026-1', title: 'Entries could be read', affected: `<=${affected}`, fixedIn },
    publishedAt: addDays(TODAY, -20),
  };
}

const recounts = new Map<Case, Recount>();

/** A recount of what is left of a case, made once. */
function recountOf(one: Case): Recount {
  const { project, left } = one;
  const recounted = recounts.get(one) ?? recount(left, { project, until: TODAY });
  recounts.set(one, recounted);
  return recounted;
}

function simulatedCase(index: number, { sites, days }: { sites: number; days: number }): Case {
  const past = (projectHash: string) => simulatePast({ projectHash, sites, days, seed: SEED, until: new Date(END) });
  return caseOf(`a simulated past of ${sites} sites in ${days} days`, index, (hash) => [...past(hash)], days);
}

/** Those whose pages are looked at. */
const SHOWN: Case[] = [simulatedCase(0, { sites: SITES, days: DAYS }), simulatedCase(1, YOUNG)];
const CASES: Case[] = [
  ...SHOWN,
  ...Array.from({ length: ROUGH }, (_, index) =>
    caseOf(`rough history ${index}`, SHOWN.length + index, (hash) =>
      roughHistory(100 * SEED + index, { sites: 7, days: DAYS }).map((event) => ({
        ...event,
        id: `${event.id}-${hash}`,
        payload: { ...event.payload, hash },
      })),
    ),
  ),
];

describe('a rebuild, after events late, doubled and in any order, and an erasure, and a recount of the objects', function () {
  this.timeout(0);
  let dataset: Dataset;
  let latest: Latest;
  /** By project, the figures of the days that were over when sites were erased: before that, and after the next rebuild. */
  const counted = new Map<string, TableRow[][]>();

  before(async () => {
    dataset = await ownDataset();
    latest = ownDatabase();
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 40 };
    const stores = openStores(options, latest.db, () => {});
    for (const { project } of CASES) await openProjectsWriter(latest.db).create(project);
    const tell = openTelling(CASES, { seed: SEED, end: END }, options, stores);
    const rebuildAt = (at: number) => rebuild(stores, { now: new Date(at), lateDays: MANY_DAYS });

    await tell((day) => day < ERASED_ON, new Set());
    await rebuildAt(ERASED_AT);
    await noteCounted();
    await eraseSites(CASES, options);
    await rebuildAt(ERASED_AT + HOUR_MS);
    await noteCounted();
    await tell((day) => day >= ERASED_ON, new Set(CASES.flatMap(({ erased }) => erased.events)));
    for (const { events } of SHOWN.flatMap((one) => listedOf(one, recountOf(one), TODAY))) {
      for (const event of events) await updateLatest(event, latest.db, { publish: async () => {} });
    }
    await stores.lateDays.want(PAST, false);
    await rebuildAt(NOW);
  });
  after(async () => {
    await dataset.delete({ force: true });
    await latest.db.dropDatabase();
    await latest.close();
  });

  const rowsOf = async (table: string, project: Project): Promise<TableRow[]> => {
    const isByDay = table !== 'site_lives';
    const query = `SELECT * FROM \`${dataset.id}.${table}\` WHERE project_hash = @hash${isByDay ? " AND day >= '2000-01-01' ORDER BY day" : ''}`;
    const [rows] = await dataset.bigQuery.query({ query, params: { hash: project.hash } });
    return rows;
  };

  async function noteCounted(): Promise<void> {
    for (const { project } of CASES) {
      const rows = await rowsOf('project_days', project);
      const complete = rows.filter(({ day }) => (day as { value: string }).value < ERASED_ON);
      counted.set(project.hash, [...(counted.get(project.hash) ?? []), complete]);
    }
  }

  async function assertAgree(one: Case): Promise<void> {
    const [recounted, { project }] = [recountOf(one), one];
    assert.deepEqual(compareDays(recounted.days, await rowsOf('project_days', project)).slice(0, 20), []);
    assert.deepEqual(compareLives(recounted.lives, await rowsOf('site_lives', project)).slice(0, 20), []);
    const fields = project.customFields.map(({ key }): Dimension => `field:${key}`);
    const shown = await openFigures(latest.db).read(project.hash, {
      series: [...DIMENSIONS, ...fields].map((dimension) => ({ dimension, from: FIRST_DAY, to: TODAY })),
      figures: ['releases', 'retention', 'rates', 'neighbours', 'support'],
    });
    assert.ok(shown);
    assert.deepEqual(compareDocuments(recounted, shown).slice(0, 20), []);
  }

  for (const one of CASES) {
    const { title, project, erased } = one;
    it(`agree on every figure of every day, on every life, and on all that is shown: ${title}`, () => {
      assert.ok(erased.events.length > 0, 'no site was erased');
      return assertAgree(one);
    });

    it(`what was counted of a day that is over stays when sites are erased, until the day is made again: ${title}`, () => {
      const [before, after] = counted.get(project.hash) ?? [];
      assert.deepEqual(after, before);
    });
  }

  it('days were over when sites were erased', () => {
    assert.ok([...counted.values()].flat(2).length > 0, 'no day was counted');
  });

  it('there were releases to compare', function () {
    if (SITEBEAT_FIGURES_SITES !== undefined || SITEBEAT_FIGURES_DAYS !== undefined) return this.skip();
    assert.ok(CASES.some((one) => countReleases(recountOf(one), addDays(TODAY, -1)).releases.length > 0));
  });

  describe('as the dashboard shows it', () => {
    const token = 'a-token-of-this-test';
    let entry: EntryProcess;
    const asked = new Map<Case, Awaited<ReturnType<typeof askAndRecount>>>();
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
      const projects = CASES.map((each) => ({ name: each.project.name, active: activeIn(recountOf(each)) }));
      for (const one of SHOWN) {
        const told = {
          project: one.project,
          recounted: recountOf(one),
          projects,
          listed: listedOf(one, recountOf(one), TODAY),
        };
        asked.set(one, await askAndRecount(reached(), told));
      }
    });
    after(async () => {
      entry?.signal('SIGKILL');
      await entry?.ended;
    });

    for (const one of SHOWN) {
      const { title } = one;
      const askedOf = () => asked.get(one) as Awaited<ReturnType<typeof askAndRecount>>;
      it(`every figure of the API is that of the recount, whichever answer says it: ${title}`, () => {
        const { answered, contradictions, told } = askedOf();
        assert.deepEqual(contradictions, []);
        assert.deepEqual(differences(answered, told.figures).slice(0, 20), []);
      });

      it(`every number on every page is that of the recount, in a browser that opened the link: ${title} (skipped but in npm run proof:ci)`, async function () {
        if (!IS_WHOLE) return this.skip();
        const chromium = findChromium();
        if (chromium === undefined) {
          console.log('      skipped: there is no chromium on this machine (apt-get install chromium)');
          return this.skip();
        }
        const browser = await openBrowser(chromium);
        try {
          const { read, wrong, console: said } = await readPages(browser, reached(), askedOf().told);
          assert.deepEqual(wrong.slice(0, 20), []);
          assert.deepEqual(said, []);
          assert.ok(read > 100, `${read} numbers were read`);
        } finally {
          await browser.close();
        }
      });
    }
  });
});

/** On the last day that is over. */
function activeIn({ days }: Recount): number {
  return days.find(({ day }) => day === addDays(TODAY, -1))?.active ?? 0;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
