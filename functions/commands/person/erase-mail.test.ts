import assert from 'node:assert/strict';
import { type ErasureDocument, openErasures } from '../../../shared/stores/erasures.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { type OwnSystem, openOwnSystem } from '../../testing/own-system.ts';
import { ADA, BOB, erase, eventOf, OF_ADA, receiptsOf, URL_OF_ADA } from './testing/erasable-sites.ts';

const PROJECT = {
  ...TEST_PROJECT,
  mailIntegrations: [{ provider: 'mailchimp' as const, list: 'news', enabled: true }],
};

describe('sitebeat erase: what mail lists were asked', () => {
  let system: OwnSystem;
  const claims = () => system.db.collection('mailClaims').countDocuments();
  beforeEach(async () => {
    system = await openOwnSystem([PROJECT]);
    await system.process(eventOf('track', 'https://bob.example.org', BOB), eventOf('track', URL_OF_ADA, ADA));
    assert.equal(await claims(), 2);
  });
  afterEach(() => system.close());

  for (const { title, target } of [
    { title: 'a site', target: OF_ADA },
    { title: 'an address', target: ['--project', 'test', '--email', 'ada@example.org'] },
  ])
    it(`is forgotten with ${title}, and of nobody else`, async () => {
      await erase(system, ...target);
      assert.equal(await claims(), 1);
      await erase(system, '--project', 'test', '--site', 'https://bob.example.org');
      assert.equal(await claims(), 0);
    });

  inProof('is forgotten by --resume, too', async () => {
    const asked = await system.db.collection('mailClaims').find().toArray();
    await erase(system, ...OF_ADA);
    const [receipt] = await receiptsOf(system);
    // a run that put its receipt, and did no more
    await system.db.collection('mailClaims').deleteMany({});
    await system.db.collection('mailClaims').insertMany(asked);
    await openErasures(system.db).put({
      ...(receipt as ErasureDocument),
      status: 'pending',
      pending: { tables: [], objects: [] },
    });
    await erase(system, '--resume');
    assert.equal(await claims(), 1);
  });
});
