import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import { ownDataset } from '../../testing/stores.ts';
import { type EventKeys, openEventKeys } from './event-keys.ts';
import { openHistory } from './history.ts';
import { openRejections } from './rejections.ts';

const LATER = new Date('2026-06-01T00:00:00Z');
const event = (id: string, receivedAt: string) => ({ id, kind: 'track' as const, receivedAt });

describe('the index of the archive', () => {
  let dataset: Dataset;
  let eventKeys: EventKeys;
  const options = () => ({
    projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '',
    dataset: dataset.id ?? '',
    maxBytesBilled: 2 ** 30,
  });
  beforeEach(async () => {
    dataset = await ownDataset();
    eventKeys = openEventKeys(options());
  });
  afterEach(() => dataset.delete({ force: true }));

  it('finds an event by each of its keys, once, however often it was written', async () => {
    const one = event('event-of-one', '2026-03-09T07:05:06.789Z');
    for (let time = 0; time < 2; time += 1) await eventKeys.append(one, ['a', 'b'], new Date(2026, 3, time + 1));
    await eventKeys.append(event('event-of-two', '2026-03-31T23:59:59.999Z'), ['b', 'c'], LATER);
    const [first, second] = ['track/2026/03/09/07/event-of-one.json', 'track/2026/03/31/23/event-of-two.json'];
    assert.deepEqual(await eventKeys.find(['a'], LATER), [{ key: 'a', object: first, receivedAt: one.receivedAt }]);
    const found = await eventKeys.find(['b', 'c', 'd'], LATER);
    assert.deepEqual(found.map(({ key, object }) => `${key} ${object}`).sort(), [
      `b ${first}`,
      `b ${second}`,
      `c ${second}`,
    ]);
    assert.deepEqual(await eventKeys.find(['c'], new Date('2026-03-31T00:00:00Z')), []);
    assert.deepEqual(await eventKeys.find([], LATER), []);
  });

  it('says in which hours there may be events that an earlier version worked on', async () => {
    const history = openHistory(options());
    const row = (id: string, receivedAt: string) => ({ event_id: id, received_at: receivedAt, project_hash: 'p' });
    await history.append('tracking_skips', row('old-1', '2026-01-01T05:10:00.000Z'));
    await history.append('tracking_skips', row('old-2', '2026-01-01T05:20:00.000Z'));
    const rejections = openRejections(options(), { log: () => {} });
    const rejection = { projectHash: null, field: null, message: '', objectName: null };
    for (const [kind, reason, hour] of [
      ['track', 'unknown_project', '06'],
      ['track', 'invalid_object', '07'],
      ['subscriber', 'mail_refused', '08'],
    ] as const) {
      const receivedAt = `2026-01-01T${hour}:00:00.000Z`;
      await rejections.append({ ...rejection, eventId: `${reason}-1`, kind, reason, receivedAt });
    }
    const hours = async () =>
      (await eventKeys.unindexedHours(await eventKeys.completeSince(LATER))).map((hour) =>
        hour.toISOString().slice(0, 13),
      );
    assert.deepEqual(await hours(), ['2026-01-01T05', '2026-01-01T06']);
    assert.deepEqual(await eventKeys.completeSince(LATER), LATER);
    // a new version begins, with an old event among the first
    const begun = new Date('2026-02-01T00:00:00Z');
    await eventKeys.append(event('old-1', '2026-01-01T05:10:00.000Z'), ['a'], begun);
    await history.append('tracking_skips', row('during', '2026-02-01T00:59:00.000Z'));
    await history.append('tracking_skips', row('after', '2026-02-01T01:01:00.000Z'));
    assert.deepEqual(await hours(), ['2026-01-01T05', '2026-01-01T06', '2026-02-01T00']);
    for (const [id, at] of [
      ['old-2', '2026-01-01T05:20:00.000Z'],
      ['unknown_project-1', '2026-01-01T06:00:00.000Z'],
      ['during', '2026-02-01T00:59:00.000Z'],
    ] as const)
      await eventKeys.append(event(id, at), ['a'], LATER);
    assert.deepEqual(await hours(), []);
  });
});
