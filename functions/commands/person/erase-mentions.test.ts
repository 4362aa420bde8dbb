import assert from 'node:assert/strict';
import { objectName } from '../../../shared/event/object-name.ts';
import { urlMd5 } from '../../../shared/report/site-id.ts';
import { type ErasureDocument, openErasures } from '../../../shared/stores/erasures.ts';
import type { SiteDocument } from '../../../shared/stores/sites/sites.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { type OwnSystem, openOwnSystem } from '../../testing/own-system.ts';
import {
  ADA,
  BOB,
  erase,
  eventOf,
  live,
  OF_ADA,
  OTHER_PROJECT,
  receiptsOf,
  URL_OF_ADA,
} from './testing/erasable-sites.ts';

describe("sitebeat erase: what other sites' documents say", () => {
  let system: OwnSystem;
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT, OTHER_PROJECT]);
  });
  afterEach(() => system.close());

  const URL_OF_BOB = 'https://bob.example.org';
  const sites = () => system.db.collection<SiteDocument>('sites');
  const ofBob = () => sites().findOne({ site: 'bob.example.org' });
  const words = (places: Record<string, string>) =>
    Object.entries(places).filter((entry) => /ada[.@]|example\.org\/ada/i.test(entry.join(' ')));

  it('has an erased site neither as what they are copies of, nor by its md5', async () => {
    const bobs = eventOf('track', URL_OF_BOB, BOB);
    await system.process(bobs, eventOf('track', URL_OF_ADA));
    const named = { cloneOf: 'ada.example.org', revision: 7 };
    await sites().updateOne({ site: 'bob.example.org' }, { $set: named, $push: { urlMd5s: urlMd5(URL_OF_ADA) } });
    const { result, stderr } = await erase(system, ...OF_ADA);
    assert.deepEqual([result.status, result.removed.mongodb.mentions], ['done', 1], stderr);
    const { cloneOf, urlMd5s, revision } = (await ofBob()) as SiteDocument;
    assert.deepEqual([cloneOf, urlMd5s.includes(urlMd5(URL_OF_ADA)), revision], [null, false, 8]);
    assert.deepEqual(words(await system.contents()), []);
  });

  /** Somebody else's events, in which an address stands. */
  const mentions = () => [
    eventOf('track', URL_OF_BOB, BOB),
    eventOf('deactivate', URL_OF_BOB, { ...BOB, reason_info: 'ask ada@example.org' }),
    eventOf('track', URL_OF_BOB, { ...BOB, extra: { plan: 'Ada <ADA@example.org>' } }),
    eventOf('track', 'https://eve.example.org', { ...BOB, url: 'see eve.example.org, ada@example.org' }),
  ];

  inProof('has an erased address no longer, and nor has any event', async () => {
    await live(system, URL_OF_ADA, ADA);
    await system.process(...mentions());
    const { result, stderr } = await erase(system, '--project', 'test', '--email', 'Ada@Example.org');
    assert.deepEqual([result.status, result.removed.mongodb.mentions], ['done', 2], stderr);
    assert.deepEqual(words(await system.contents()), []);
    const bob = (await ofBob()) as SiteDocument;
    assert.deepEqual([bob.adminEmail, bob.customFields, bob.deactivation?.reasonInfo], ['bob@example.org', {}, null]);
    assert.equal((await system.db.collection('deactivations').findOne())?.reasonInfo, null);
  });

  inProof('loses it also when the run was interrupted, and is finished by the receipt alone', async () => {
    await live(system, URL_OF_ADA, ADA);
    await system.process(...mentions());
    await erase(system, '--project', 'test', '--email', 'ada@example.org');
    const [receipt] = await receiptsOf(system);
    const again = mentions();
    // a run that put its receipt, and did no more
    await system.db.collection('erasures').deleteMany({});
    await system.process(...again);
    const objects = again.slice(1).map(({ kind, receivedAt, id }) => objectName(kind, receivedAt, id));
    await openErasures(system.db).put({
      ...(receipt as ErasureDocument),
      status: 'pending',
      pending: { tables: [], objects },
    });
    const { exitCode, result } = await erase(system, '--resume');
    assert.deepEqual([exitCode, result[0].removed.mongodb.mentions], [0, 4]);
    assert.deepEqual(words(await system.contents()), []);
    assert.equal((await ofBob())?.adminEmail, 'bob@example.org');
  });
});
