import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import { objectName } from '../../event/object-name.ts';
import type { Rejection } from '../../event/rejection.ts';
import { ownDataset } from '../../testing/stores.ts';
import { openHistory } from './history.ts';
import { openRejections } from './rejections.ts';
import { openRejectionsReader, type RejectionFilter } from './rejections-reader.ts';

const AT = '2026-03-09T07:05:06.789Z';

function rejectionOf(eventId: string, change: Partial<Rejection> = {}): Rejection {
  const rejection: Rejection = {
    eventId,
    kind: 'track',
    receivedAt: AT,
    projectHash: 'p',
    reason: 'invalid_url',
    field: 'url',
    message: 'no url',
    objectName: null,
    ...change,
  };
  return { ...rejection, objectName: objectName('track', rejection.receivedAt, eventId) };
}

describe('the reader of rejections', () => {
  let dataset: Dataset;
  const options = () => ({
    projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '',
    dataset: dataset.id ?? '',
    maxBytesBilled: 2 ** 30,
  });
  const whole: RejectionFilter = { from: new Date('2026-03-01'), to: new Date('2026-04-01') };
  before(async () => {
    dataset = await ownDataset();
    const { append } = openRejections(options(), { log: () => {} });
    for (const rejection of [
      rejectionOf('event-1'),
      rejectionOf('event-1-b'),
      rejectionOf('event-2', { kind: 'deactivate', projectHash: null, reason: 'no_project' }),
      rejectionOf('event-3'),
      rejectionOf('event-4', { receivedAt: '2026-03-10T23:59:59.999Z', projectHash: 'q' }),
      rejectionOf('in-history'),
      rejectionOf('erased', { reason: 'erased' }),
      rejectionOf('of-mail', { kind: 'subscriber', reason: 'mail_refused' }),
    ])
      await append(rejection);
    // it came again
    await append(rejectionOf('event-3'));
    await openHistory(options()).append('tracking_skips', {
      event_id: 'in-history',
      received_at: AT,
      project_hash: 'p',
    });
  });
  after(() => dataset.delete({ force: true }));

  for (const rowsPerPage of [1, 2, 3, 10])
    it(`gives those of an hour that can be sent again once, in the order of their objects, by pages of ${rowsPerPage}`, async () => {
      const found: string[] = [];
      const reader = openRejectionsReader(options(), { rowsPerPage });
      for await (const { kind, id } of reader.ofHour(new Date('2026-03-09T07:00:00Z'), whole)) {
        found.push(`${kind}/${id}`);
      }
      assert.deepEqual(found, ['deactivate/event-2', 'track/event-1-b', 'track/event-1', 'track/event-3']);
    });

  for (const [title, filter, hours] of [
    ['all', {}, ['2026-03-09T07:00:00.000Z', '2026-03-10T23:00:00.000Z']],
    ['a project', { projectHash: 'q' }, ['2026-03-10T23:00:00.000Z']],
    ['a reason', { reason: 'no_project' }, ['2026-03-09T07:00:00.000Z']],
    ['all but some projects', { exceptProjects: ['p', ''] }, ['2026-03-10T23:00:00.000Z']],
    ['a time without any', { from: new Date('2026-03-11') }, []],
  ] as [string, Partial<RejectionFilter>, string[]][])
    it(`gives the hours of ${title}`, async () => {
      const found = await openRejectionsReader(options()).hours({ ...whole, ...filter });
      assert.deepEqual(
        found.map((hour) => hour.toISOString()),
        hours,
      );
    });

  it('counts each event once', async () => {
    const counts = await openRejectionsReader(options()).summary(whole);
    assert.deepEqual(
      counts.map(({ reason, projectHash, rejections }) => `${rejections} ${reason} ${projectHash}`),
      ['3 invalid_url p', '1 erased p', '1 invalid_url q', '1 mail_refused p', '1 no_project null'],
    );
  });
});
