import assert from 'node:assert/strict';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem } from '../../testing/own-system.ts';

describe('sitebeat show-site', () => {
  let system: OwnSystem;
  const track = capturedEvent('track', { id: 'track-of-ada', payload: { admin_email: 'Ada@Example.org' } });
  const skip = capturedEvent('tracking-skipped', { id: 'skip-of-ada', receivedAt: '2026-03-09T08:00:00.000Z' });
  const refused = capturedEvent('deactivate', {
    id: 'refused-of-ada',
    receivedAt: '2026-03-09T09:00:00.000Z',
    payload: { url: 'http://' },
  });
  const others = capturedEvent('track', {
    id: 'track-of-bob',
    userAgent: null,
    payload: { url: 'https://bob.example.org', admin_email: 'bob@example.org' },
  });
  before(async () => {
    system = await openOwnSystem([TEST_PROJECT]);
    await system.process(track, skip, refused, others);
  });
  after(() => system.close());

  const show = (...args: string[]) => capturedRun(['show-site', '--project', 'test', ...args], system.env);

  for (const args of [
    ['--site', 'HTTP://www.shop.example.org:80/?lang=de'],
    ['--email', 'ada@example.ORG'],
  ])
    it(`gives a program everything that is held, by ${args[0]}`, async () => {
      const { exitCode, stdout, stderr } = await show(...args, '--json');
      assert.equal(exitCode, 0, stderr);
      const { sites, mongodb, bigquery, archive, networks } = JSON.parse(stdout);
      assert.deepEqual(
        networks.map(({ eventId, usedBefore }: Record<string, unknown>) => [eventId, usedBefore]),
        [
          ['track-of-ada', null],
          ['skip-of-ada', true],
        ],
      );
      assert.deepEqual(sites, ['shop.example.org']);
      assert.deepEqual(
        mongodb.sites.map(({ site, adminEmail }: Record<string, unknown>) => [site, adminEmail]),
        [['shop.example.org', 'Ada@Example.org']],
      );
      assert.equal(mongodb.optOuts[0].stamp, '2026-03-09T08:00:00.000Z/skip-of-ada');
      const ids = (table: string) => bigquery[table].map((row: Record<string, unknown>) => row.event_id);
      assert.deepEqual(
        [ids('sites'), ids('tracking_skips'), ids('deactivations'), ids('rejections')],
        [['track-of-ada'], ['skip-of-ada'], [], ['refused-of-ada']],
      );
      assert.deepEqual(archive, [
        { object: 'deactivate/2026/03/09/09/refused-of-ada.json', event: refused },
        { object: 'track/2026/03/09/07/track-of-ada.json', event: track },
        { object: 'tracking-skipped/2026/03/09/08/skip-of-ada.json', event: skip },
      ]);
    });

  it('gives a person the same, and nothing of anybody else', async () => {
    const { exitCode, stdout } = await show('--site', 'shop.example.org');
    assert.equal(exitCode, 0);
    for (const text of ['== MongoDB, sites, 1 of 1', '== BigQuery, tracking_skips, 1 of 1', '== Archive, 3 of 3']) {
      assert.ok(stdout.includes(text), text);
    }
    assert.match(stdout, /^admin_email +Ada@Example\.org$/m);
    assert.doesNotMatch(stdout, /bob/);
  });

  it('says so when nothing is held', async () => {
    const { exitCode, stdout } = await show('--site', 'nobody.example.org');
    assert.deepEqual([exitCode, stdout], [0, 'nothing is held\n']);
  });

  it('ends with 2 without a target, and on a system that is not named', async () => {
    assert.equal((await show()).exitCode, 2);
    const unnamed = await capturedRun(['show-site'], { ...system.env, GOOGLE_CLOUD_PROJECT: '' });
    assert.equal(unnamed.exitCode, 2);
    assert.match(unnamed.stderr, /GOOGLE_CLOUD_PROJECT/);
  });
});
