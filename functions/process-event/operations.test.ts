import assert from 'node:assert/strict';
import type { Cohorts } from '../../shared/runtime/cohorts.ts';
import { concurrently } from '../../shared/runtime/concurrently.ts';
import { openArchive } from '../../shared/stores/archive/archive.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { countOperations } from '../testing/count-operations.ts';
import { type OwnSystem, openOwnSystem } from '../testing/own-system.ts';
import { processEvent } from './process-event.ts';

/** As many as one instance works on at once, see mesh.json, by `npm run proof:ci`. */
const AT_ONCE = IS_PROOF ? 80 : 20;

const WITH_MAIL = {
  ...TEST_PROJECT,
  hash: 'b4a8da5b-b419-4656-98e9-4a42e9044891',
  slug: 'with-mail',
  mailIntegrations: [{ provider: 'mailchimp' as const, list: 'list', enabled: true }],
};

const NOW = Date.now() - 60_000;

describe('what an event asks of the stores', function () {
  this.timeout(60_000);
  let system: OwnSystem;
  const report = (site: number, week: number, { hash } = TEST_PROJECT) =>
    capturedEvent('track', {
      id: `report-${site}-${week}`,
      // of today: what comes late costs a write more
      receivedAt: new Date(NOW + week * 1000 + site).toISOString(),
      userAgent: null,
      payload: { hash, url: `https://site-${site}.org`, admin_email: `admin@site-${site}.org` },
    });
  before(async () => {
    const given = process.env.MONGODB_URI as string;
    const uri = new URL(given);
    uri.searchParams.set('monitorCommands', 'true');
    process.env.MONGODB_URI = uri.href;
    try {
      system = await openOwnSystem([TEST_PROJECT, WITH_MAIL]);
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

  it('is one call of each kind for as many as an instance works on, when they go on together', async () => {
    const sites = Array.from({ length: AT_ONCE }, (_, site) => site);
    await concurrently(sites, AT_ONCE, async (site) => system.notify(await system.receive(report(site, 0))));
    const objects = await Promise.all(sites.map((site) => system.receive(report(site, 1))));
    const stores = { ...system.stores, cohorts: cohortOf(AT_ONCE) };
    const counted = await countOperations(system.db, () =>
      concurrently(objects, AT_ONCE, (name) => processEvent({ name }, stores)),
    );
    // remembered for half a minute
    delete counted.commands['projects.find'];
    assert.deepEqual(counted, {
      classA: 0,
      classB: AT_ONCE,
      inserts: { event_keys: 1, sites: 1 },
      commands: { 'erasures.find': 1, 'sites.find': 1, 'sites.update': 1, 'optOuts.find': 1, 'unclaimed.find': 1 },
      others: [],
    });
  });

  it('is three writes of sites, each one call, for new sites with mail that go on together', async () => {
    const objects = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, site) => system.receive(report(site, 2, WITH_MAIL))),
    );
    const stores = { ...system.stores, cohorts: cohortOf(AT_ONCE) };
    const { commands } = await countOperations(system.db, () =>
      concurrently(objects, AT_ONCE, (name) => processEvent({ name }, stores)),
    );
    delete commands['projects.find'];
    assert.deepEqual(commands, {
      'erasures.find': 1,
      'sites.find': 3,
      'sites.update': 3,
      'optOuts.find': 1,
      'mailClaims.update': 1,
      'mailQuotas.update': 1,
      'unclaimed.find': 1,
    });
  });
});

/** Goes on once so many are prepared, however slow the machine is. */
function cohortOf(size: number): Cohorts {
  const waiting: (() => void)[] = [];
  return {
    run: async (prepare, work) => {
      const prepared = await prepare();
      await new Promise<void>((go) => {
        waiting.push(go);
        if (waiting.length === size) for (const each of waiting.splice(0)) each();
      });
      return work(prepared);
    },
  };
}
