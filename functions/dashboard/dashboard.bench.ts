import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { PubSub } from '@google-cloud/pubsub';
import type { Collection } from 'mongodb';
import { applyIndexes } from '../../shared/stores/indexes.ts';
import { openProjectsWriter } from '../../shared/stores/projects-writer.ts';
import { type SiteDocument, siteKey } from '../../shared/stores/sites/sites.ts';
import { AUDITS_TOPIC } from '../../shared/stores/topics/audits-topic.ts';
import { type Bench, type BenchResult, type Figures, percentile } from '../../shared/testing/bench.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { type EntryProcess, startEntry } from '../testing/entry-process.ts';
import type { ListAnswer, SiteItem } from './api.ts';
import { SAMPLE_SITES_PROJECT as PROJECT, sampleSite } from './testing/sample-sites.ts';

const SITES = Number(process.env.SITEBEAT_BENCH_SITES ?? 1_000_000);
const INSERTED_AT_ONCE = 2000;
const PAGE_ROWS = 50;
/** The thousandth, where every driver has one. */
const PAGES = Math.min(1000, Math.floor(SITES / 4 / PAGE_ROWS));
const MOST_ROWS = 200;
const READS = 100;
const WARM_UPS = 10;
const MIB = 2 ** 20;
const TOKEN = 'bench';

/** The most of what a site's document holds. */
const PLUGINS = Array.from({ length: 20 }, (_, n) => ({
  slug: `a-plugin-${n}`,
  name: `A Plugin ${n}`,
  version: '1.0',
}));

const DRIVERS = [
  ...['', 'state=active', 'since=2026-03-01', 'version=3.2.0', 'versionBelow=3.2.0', 'php=8.2', 'phpBelow=8.2'],
  ...['wordpress=6.8', 'wordpressBelow=6.9', 'database=MariaDB+10.6', 'databaseBelow=MySQL+8.4', 'country=DE'],
  ...['theme=astra', 'field.plan=pro', 'q=s', 'q=.example.org'],
];
/** Has one row. */
const ADDRESS = 'email=admin7@example.org';
/** Nothing of what it looks at is what it looks for. */
const IN_VAIN = 'field.forms_count=-1';

async function run(): Promise<BenchResult> {
  const [latest, dataset, pubsub] = [ownDatabase(), await ownDataset(), new PubSub()];
  try {
    // without it nobody gets a file
    await pubsub.createTopic(AUDITS_TOPIC);
    await applyIndexes(latest.db);
    await openProjectsWriter(latest.db).create(PROJECT);
    const sites = latest.db.collection<SiteDocument>('sites');
    await seed(sites);
    const entry = await startDashboard(latest.db.databaseName, String(dataset.id));
    try {
      return await measure(sites, entry);
    } finally {
      entry.signal('SIGKILL');
      await entry.ended;
    }
  } finally {
    await latest.db.dropDatabase();
    await latest.close();
    await dataset.delete({ force: true });
    await pubsub.topic(AUDITS_TOPIC).delete();
    await pubsub.close();
  }
}

async function seed(sites: Collection<SiteDocument>): Promise<void> {
  for (let first = 0; first < SITES; first += INSERTED_AT_ONCE) {
    const count = Math.min(INSERTED_AT_ONCE, SITES - first);
    const some = Array.from({ length: count }, (_, n) => ({ ...sampleSite(first + n, PROJECT), plugins: PLUGINS }));
    await sites.insertMany(some);
  }
}

function startDashboard(database: string, dataset: string): Promise<EntryProcess> {
  const uri = new URL(process.env.MONGODB_URI ?? '');
  uri.pathname = `/${database}`;
  return startEntry('dashboard', {
    ...{ MONGODB_URI: uri.href, BIGQUERY_DATASET: dataset, DASHBOARD_IDENTITY: 'local' },
    DASHBOARD_TOKEN_SHA256: createHash('sha256').update(TOKEN).digest('hex'),
  });
}

async function measure(sites: Collection<SiteDocument>, entry: EntryProcess): Promise<BenchResult> {
  const figures: Record<string, Figures> = {};
  for (const query of DRIVERS) {
    const first = await timesOf(entry, query);
    const thousandth = await timesOf(entry, `${query}&cursor=${await cursorOf(entry, query)}`);
    figures[query || 'newest'] = {
      ...{ firstMs: percentile(first, 0.5), firstP99Ms: percentile(first, 0.99) },
      ...{ thousandthMs: percentile(thousandth, 0.5), thousandthP99Ms: percentile(thousandth, 0.99) },
    };
  }
  const address = await timesOf(entry, ADDRESS);
  figures[ADDRESS] = { firstMs: percentile(address, 0.5), firstP99Ms: percentile(address, 0.99) };
  const p99s = Object.values(figures).flatMap((own) => [own.firstP99Ms as number, own.thousandthP99Ms ?? 0]);
  const inVain = await timesOf(entry, IN_VAIN);
  figures['5,000 looked at'] = { firstMs: percentile(inVain, 0.5), firstP99Ms: percentile(inVain, 0.99) };
  const amiss = await amissWhileWritten(sites, entry);
  const exported = await exportAll(entry);
  await cutExport(entry);
  return {
    figures: { ...figures, export: exported },
    ratios: [
      { what: `p99 of a page, the slowest driver of ${SITES} sites, ms`, value: Math.max(...p99s), atMost: 50 },
      { what: 'p99 of a page that looks at 5,000, ms', value: percentile(inVain, 0.99), atMost: 150 },
      { what: 'sites missed or doubled by 1,000 pages while others are written', value: amiss, atMost: 0 },
      { what: 'rows of the file that are missing', value: SITES - (exported.rows as number), atMost: 0 },
      { what: 'peak memory of the file, MiB', value: exported.memoryMib as number, atMost: 64 },
    ],
  };
}

async function get(entry: EntryProcess, query: string): Promise<Response> {
  const url = `http://127.0.0.1:${entry.port}/api/v1/projects/${PROJECT.slug}/sites?${query.replace(/^&/, '')}`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } });
  assert.equal(response.status, 200, query);
  return response;
}

async function pageOf(entry: EntryProcess, query: string, limit: number): Promise<ListAnswer<SiteItem>> {
  const response = await get(entry, `${query}&limit=${limit}`);
  return (await response.json()) as ListAnswer<SiteItem>;
}

async function timesOf(entry: EntryProcess, query: string): Promise<number[]> {
  const times: number[] = [];
  for (let read = -WARM_UPS; read < READS; read += 1) {
    const startedAt = performance.now();
    await pageOf(entry, query, PAGE_ROWS);
    if (read >= 0) times.push(performance.now() - startedAt);
  }
  return times;
}

/** Of the thousandth page. */
async function cursorOf(entry: EntryProcess, query: string): Promise<string> {
  let cursor = '';
  for (let left = (PAGES - 1) * PAGE_ROWS; left > 0; left -= MOST_ROWS) {
    const { next } = await pageOf(entry, `${query}${cursor && `&cursor=${cursor}`}`, Math.min(left, MOST_ROWS));
    assert.ok(next !== null, `${query} has no thousandth page`);
    cursor = next;
  }
  return cursor;
}

/** Reads a list to its thousandth page while every page another of its sites stops to match, or is heard of. */
async function amissWhileWritten(sites: Collection<SiteDocument>, entry: EntryProcess): Promise<number> {
  const query = 'php=8.2&state=active';
  const found: string[] = [];
  const written = new Set<string>();
  let cursor = '';
  for (let page = 0; page < PAGES / 4; page += 1) {
    const { items, next } = await pageOf(entry, `${query}${cursor && `&cursor=${cursor}`}`, MOST_ROWS);
    found.push(...items.map(({ site }) => site));
    // every sixth of the sample is in this list
    const [gone, heard] = [
      3 + 6 * ((page * 7919) % ((SITES / 6) | 0)),
      3 + 6 * ((page * 104729) % ((SITES / 6) | 0)),
    ].map((n) => sampleSite(n, PROJECT)) as [SiteDocument, SiteDocument];
    written.add(gone.site);
    await sites.updateOne({ _id: gone._id }, { $set: { state: 'left' }, $inc: { revision: 1 } });
    await sites.updateOne(
      { _id: heard._id },
      { $set: { lastSeenAt: new Date(), name: 'Heard of' }, $inc: { revision: 1 } },
    );
    if (next === null) break;
    cursor = next;
  }
  const last = siteKey(PROJECT.hash, found.at(-1) as string);
  const wanted = await sites
    .find({
      project: PROJECT.hash,
      state: 'active',
      phpKey: sampleSite(3, PROJECT).phpKey as string,
      _id: { $lte: last },
    })
    .project<{ site: string }>({ site: 1 })
    .toArray();
  const unique = new Set(found);
  const missed = wanted.filter(({ site }) => !unique.has(site) && !written.has(site));
  return found.length - unique.size + missed.length;
}

/** The whole list as a file; the memory of the function above what it had before. */
async function exportAll(entry: EntryProcess): Promise<Figures> {
  await (await get(entry, 'format=ndjson&state=left&q=s1.')).text();
  await entry.peakBytes();
  const idle = await entry.peakBytes();
  const startedAt = performance.now();
  let [bytes, last] = [0, ''];
  for await (const chunk of (await get(entry, 'format=ndjson')).body ?? []) {
    bytes += chunk.length;
    last = Buffer.concat([Buffer.from(last), chunk.subarray(-60)])
      .subarray(-60)
      .toString();
  }
  const rows = Number(/{"end":true,"rows":(\d+)}\n$/.exec(last)?.[1] ?? Number.NaN);
  const seconds = (performance.now() - startedAt) / 1000;
  return { rows, seconds, fileMib: bytes / MIB, memoryMib: ((await entry.peakBytes()) - idle) / MIB };
}

/** A function that is killed midway leaves no file that a client takes for whole. */
async function cutExport(entry: EntryProcess): Promise<void> {
  const { body } = await get(entry, 'format=csv');
  await assert.rejects(async () => {
    for await (const _ of body ?? []) entry.signal('SIGKILL');
  });
}

export const bench: Bench = {
  title: `pages of ${SITES} sites of one project by each driver, asked of the function itself, and the file of all of them`,
  run,
};
