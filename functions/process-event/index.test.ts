import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { BigQuery } from '@google-cloud/bigquery';
import { Storage } from '@google-cloud/storage';
import { stringifyStoredEvent } from '../../shared/event/envelope.ts';
import { objectName } from '../../shared/event/object-name.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { type EntryProcess, startEntry } from '../testing/entry-process.ts';
import { type OwnSystem, openOwnSystem } from '../testing/own-system.ts';

const MIB = 1024 * 1024;
/** `npm run proof:ci` has one that the process could not hold; both are larger than an event may be. */
const LARGE_MIB = IS_PROOF ? 50 : 12;
const RECEIVED_AT = '2026-03-09T07:05:06.789Z';

describe('the entry process-event', () => {
  let system: OwnSystem;
  let entry: EntryProcess;
  before(async () => {
    system = await openOwnSystem([TEST_PROJECT]);
    // little room for garbage, so that growth is what an object takes
    entry = await startEntry('process-event', { ...system.env, NODE_OPTIONS: '--max-semi-space-size=1' });
  });
  after(async () => {
    entry.signal('SIGTERM');
    assert.equal(await entry.ended, 0);
    assert.match(entry.errors(), /"message":"new sites","function":"process-event","sites":1,/);
    await system.close();
  });

  const nameOf = (id: string) => objectName('track', RECEIVED_AT, id);

  /** Pushes a message as Pub/Sub does, and gives the status. */
  async function push(message: unknown): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${entry.port}/projects/p/topics/objects`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ subscription: 'projects/p/subscriptions/process-event', message }),
    });
    await answer.arrayBuffer();
    return answer.status;
  }
  const finalized = (objectId: unknown, changes = {}) => ({
    data: 'e30=',
    messageId: randomUUID(),
    attributes: { bucketId: system.env.ARCHIVE_BUCKET, eventType: 'OBJECT_FINALIZE', objectId, ...changes },
  });
  const put = (name: string, contents: string | Buffer) =>
    new Storage()
      .bucket(system.env.ARCHIVE_BUCKET as string)
      .file(name)
      .save(contents, { resumable: false });

  async function reasonsOf(id: string): Promise<string[]> {
    const query = `SELECT reason FROM \`${system.env.BIGQUERY_DATASET}.rejections\` WHERE received_at > TIMESTAMP '2000-01-01' AND event_id = @id`;
    const [rows] = await new BigQuery().query({ query, params: { id } });
    return rows.map(({ reason }) => reason);
  }

  const event = (id: string, changes = {}) => stringifyStoredEvent({ ...capturedEvent('track', { id }), ...changes });
  for (const [title, contentsOf] of Object.entries<(id: string) => string | Buffer>({
    nothing: () => '',
    'bytes without sense': () => Buffer.from([0, 255, 254, 0xc3]),
    'an event that is cut': (id) => event(id).slice(0, -20),
    'an event of another name': () => event('somebody-else'),
    'an event of another hour': (id) => event(id, { receivedAt: '2026-03-09T08:05:06.789Z' }),
    'an event whose sender is no text': (id) => event(id).replace('"198.51.100.7"', '{"a":[5]}'),
    'an event that nests deeper than the stack': (id) =>
      event(id).replace('"payload":{', `"payload":{"a":${'['.repeat(20_000)}${']'.repeat(20_000)},`),
    [`${LARGE_MIB} MiB of an event`]: (id) =>
      event(id).replace('"payload":{', `"payload":{"a":"${'x'.repeat(LARGE_MIB * MIB)}",`),
  }))
    it(`records and acks an object of ${title}`, async () => {
      const id = randomUUID();
      await put(nameOf(id), contentsOf(id));
      await entry.peakBytes();
      const before = await entry.peakBytes();
      assert.equal(await push(finalized(nameOf(id))), 204);
      assert.deepEqual(await reasonsOf(id), ['invalid_object']);
      assert.ok((await entry.peakBytes()) - before < 64 * MIB);
    });

  it('acks an object that is gone, and one that is not of collect', async () => {
    for (const name of [
      nameOf(randomUUID()),
      'backups/a.json',
      'track/a.json',
      'track/0000/01/01/00/a-long-id.json',
      7,
      {},
    ])
      assert.equal(await push(finalized(name)), 204);
    assert.equal(await push(finalized(nameOf(randomUUID()), { eventType: 'OBJECT_DELETE' })), 204);
  });

  for (const message of [null, 'text', 5, [], {}, { data: '!!!', messageId: '1' }, { messageId: '1', attributes: [] }])
    it(`acks a push of ${JSON.stringify(message)}`, async () =>
      assert.equal(Math.floor((await push(message)) / 100), 2));

  it('works on as before', async () => {
    const id = randomUUID();
    const receivedAt = new Date().toISOString();
    const name = objectName('track', receivedAt, id);
    await put(name, event(id, { receivedAt }));
    assert.equal(await push(finalized(name)), 204);
    assert.equal(await system.db.collection('sites').countDocuments(), 1);
  });
});
