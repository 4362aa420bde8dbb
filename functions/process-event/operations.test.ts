import assert from 'node:assert/strict';
import { concurrently } from '../../shared/runtime/concurrently.ts';
import { openArchive } from '../../shared/stores/archive/archive.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { countOperations } from '../testing/count-operations.ts';
import { type OwnSystem, openOwnSystem } from '../testing/own-system.ts';

/** As many as one instance works on at once; see mesh.json. */
const AT_ONCE = 80;

const NOW = Date.now() - 60_000;

describe('what an event asks of the stores', function () {
  this.timeout(60_000);
  let system: OwnSystem;
  const report = (site: number, week: number) =>
    capturedEvent('track', {
      id: `report-${site}-${week}`,
      // of today: what comes late costs a write more
      receivedAt: new Date(NOW + week * 1000 + site).toISOString(),
      userAgent: null,
      payload: { url: `https://site-${site}.example`, admin_email: `admin@site-${site}.example` },
    });
  before(async () => {
    const given = process.env.MONGODB_URI as string;
    const uri = new URL(given);
    uri.searchParams.set('monitorCommands', 'true');
    process.env.MONGODB_URI = uri.href;
    try {
      system = await openOwnSystem([TEST_PROJECT]);
    } finally {
      process.env.MONGODB_URI = given;
    }
  });
  after(() => system.close());

  it('is one object written when it comes', async () => {
    const archive = openArchive({ bucket: system.env.ARCHIVE_BUCKET as string });
    const counted = await countOperations(system.db, () => archive.create(report(0, 0)));
    assert.deepEqual(counted, { classA: 1, classB: 0, inserts: {}, commands: {}, others: [] });
  });

  it('is one object read, a row in two tables, and five commands, for the weekly report of a known site', async () => {
    await system.process(report(1, 0));
    const object = await system.receive(report(1, 1));
    const counted = await countOperations(system.db, () => system.notify(object));
    assert.deepEqual(counted, {
      classA: 0,
      classB: 1,
      inserts: { event_keys: 1, sites: 1 },
      commands: { 'erasures.find': 1, 'sites.find': 1, 'sites.update': 1, 'optOuts.find': 1, 'unclaimed.find': 1 },
      others: [],
    });
  });

  it('is a fraction of that when many come at once', async () => {
    const objects: string[] = [];
    for (const [week, notify] of [system.notify, async (object: string) => void objects.push(object)].entries()) {
      const sites = Array.from({ length: AT_ONCE }, (_, site) => site);
      await concurrently(sites, AT_ONCE, async (site) => notify(await system.receive(report(site, week))));
    }
    const counted = await countOperations(system.db, () => concurrently(objects, AT_ONCE, system.notify));
    assert.equal(counted.classB, AT_ONCE);
    const calls = [counted.inserts, counted.commands].flatMap((one) => Object.values(one));
    const sum = calls.reduce((all, count) => all + count, 0);
    // seven each when each asks alone; some are always alone, for the first waits for nobody
    assert.ok(sum <= 2 * AT_ONCE, `${sum} calls for ${AT_ONCE} events`);
  });
});
