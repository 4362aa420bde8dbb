import assert from 'node:assert/strict';
import { PubSub, type Subscription, type Topic } from '@google-cloud/pubsub';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import type { Kind } from '../../../shared/event/object-name.ts';
import { OBJECTS_TOPIC } from '../../../shared/stores/topics/notifications.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { until } from '../../../shared/testing/until.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../../testing/own-system.ts';

const HOUR = Date.parse('2026-03-09T07:00:00.000Z');
const DAY_MS = 86_400_000;

let events = 0;
/** An event of a site, some days after that hour began. */
function eventOf(kind: Kind, url: string, days: number, payload: Record<string, unknown> = {}): StoredEvent {
  events += 1;
  return capturedEvent(kind, {
    id: `${kind}-to-reconcile-${events}`,
    receivedAt: new Date(HOUR + days * DAY_MS + events).toISOString(),
    userAgent: userAgentOf(url),
    payload: { ...(kind !== 'tracking-skipped' && { url }), ...payload },
  });
}

describe('sitebeat reconcile', () => {
  let system: OwnSystem;
  let pubsub: PubSub;
  let topic: Topic;
  let subscription: Subscription;
  let sentAgain: string[];
  beforeEach(async () => {
    system = await openOwnSystem([TEST_PROJECT]);
    pubsub = new PubSub({ projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '' });
    topic = pubsub.topic(OBJECTS_TOPIC);
    if (!(await topic.exists())[0]) await topic.create();
    [subscription] = await topic.createSubscription(`of-${system.db.databaseName}`);
    sentAgain = [];
    subscription.on('message', async (message) => {
      message.ack();
      await system.notify(message.attributes.objectId as string);
      sentAgain.push(message.attributes.objectId as string);
    });
  });
  afterEach(async () => {
    await subscription.close();
    await subscription.delete();
    await topic.delete();
    await pubsub.close();
    await system.close();
  });

  const reconcile = async (...args: string[]) => {
    const run = await capturedRun(['reconcile', '--json', ...args], system.env);
    return { ...run, result: run.stdout === '' ? undefined : JSON.parse(run.stdout) };
  };
  const processed = (count: number) =>
    until(() => sentAgain.length >= count, { what: 'the events that were sent again' });
  const names = (...some: StoredEvent[]) =>
    some
      .map(({ kind, receivedAt, id }) => `${kind}/${receivedAt.slice(0, 13).replace(/[-T]/g, '/')}/${id}.json`)
      .sort();
  const HOURS = ['--from', '2026-03-09T07:10', '--to', '2026-03-09T08:30'];

  it('finds what is missing in a range, sends it through the functions again, and finds nothing then', async () => {
    const lost = eventOf('track', 'https://ada.example.org', 0);
    await system.process(eventOf('track', 'https://bob.example.org', 0));
    await system.receive(lost);
    const dry = await reconcile(...HOURS, '--dry-run');
    assert.equal(dry.exitCode, 1);
    assert.deepEqual([dry.result.missing, dry.result.republished], [1, 0]);
    const { exitCode, result } = await reconcile(...HOURS);
    assert.equal(exitCode, 1);
    assert.deepEqual(
      result.hours.map(({ hour, objects, missing }: Record<string, unknown>) => [hour, objects, missing]),
      [
        ['2026-03-09T07:00:00.000Z', 2, 1],
        ['2026-03-09T08:00:00.000Z', 0, 0],
      ],
    );
    await processed(1);
    assert.deepEqual(sentAgain, names(lost));
    const again = await reconcile(...HOURS);
    assert.equal(again.exitCode, 0, again.stderr);
    assert.equal(again.result.missing, 0);
    // the dry run writes nothing down
    assert.equal((await system.rows('reconciliations')).length, 4);
  });

  it('brings a MongoDB that was restored from an older backup up to the history, by the sites that are behind', async () => {
    const [ada, bob, cy] = ['https://ada.example.org', 'https://bob.example.org', 'https://cy.example.org'] as const;
    const last = eventOf('track', ada, -400);
    await system.process(
      eventOf('track', ada, -410, { first_name: 'Ada' }),
      last,
      eventOf('track', bob, 0),
      eventOf('tracking-skipped', bob, 0),
    );
    const backup = await documents();
    const since = [
      eventOf('deactivate', ada, 3),
      eventOf('track', ada, 10, { first_name: undefined, version: '9.9.9' }),
      eventOf('track', cy, 10),
      eventOf('tracking-skipped', cy, 11),
    ];
    await system.process(...since);
    // of a site that is behind also what came shortly before the backup
    const needed = [last, ...since];
    const live = await documents();
    for (const [name, some] of Object.entries(backup)) {
      await system.db.collection(name).deleteMany({});
      if (some.length > 0) await system.db.collection(name).insertMany(some as Document[]);
    }

    const dry = await reconcile('--mongodb', '--dry-run');
    assert.equal(dry.exitCode, 1);
    const counts = { sites: 3, sitesBehind: 2, optOuts: 2, optOutsBehind: 1 };
    assert.deepEqual(dry.result, { ...counts, republished: 0 });
    const run = await reconcile('--mongodb');
    assert.equal(run.exitCode, 1);
    assert.deepEqual(run.result, { ...counts, republished: needed.length });
    await processed(needed.length);
    assert.deepEqual(sentAgain.sort(), names(...needed));
    assert.deepEqual(withoutRevisions(await documents()), withoutRevisions(live));
    const again = await reconcile('--mongodb');
    assert.equal(again.exitCode, 0, again.stderr);
    assert.deepEqual(again.result, { ...counts, sitesBehind: 0, optOutsBehind: 0, republished: 0 });
  });

  type Document = Record<string, unknown>;
  const documents = async (): Promise<Record<string, Document[]>> => {
    const found = ['sites', 'deactivations', 'optOuts'].map(async (name) => {
      const all = await system.db.collection(name).find().sort({ _id: 1 }).toArray();
      return [name, all as Document[]] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  };
  /** How often a document was written. */
  const withoutRevisions = (all: Record<string, Document[]>) =>
    Object.entries(all).map(([name, some]) => [name, some.map(({ revision: _, ...rest }) => rest)]);

  for (const { title, args } of [
    { title: 'a time that is none', args: ['--from', 'yesterday'] },
    { title: 'an end without a beginning', args: ['--to', '2026-03-09T08:00'] },
    { title: 'two ranges', args: ['--hours', '2', ...HOURS] },
    { title: 'hours that are not over', args: ['--from', '2999-01-01T00:00'] },
    { title: 'no hours', args: ['--hours', '0'] },
  ])
    it(`refuses ${title}`, async () => assert.equal((await reconcile(...args)).exitCode, 2));

  it('shows a person each hour and the sum', async () => {
    await system.process(eventOf('track', 'https://ada.example.org', 0));
    const { stdout, exitCode } = await capturedRun(['reconcile', ...HOURS], system.env);
    assert.equal(exitCode, 0);
    assert.match(stdout, /^HOUR +OBJECTS +HISTORY/);
    assert.match(stdout, /^all +1 +1 +0 +0 +0 +0 +0$/m);
  });
});
