import assert from 'node:assert/strict';
import { TransientError } from '../../shared/runtime/errors.ts';
import type { LogFields } from '../../shared/runtime/log.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { type OwnSystem, openOwnSystem, userAgentOf } from '../testing/own-system.ts';
import { sweep } from './sweep.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** An hour of today: MongoDB drops the counts of hours that are long over. */
const HOUR = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const RECEIVED_AT = new Date(HOUR).toISOString();

describe('sweep', () => {
  let system: OwnSystem;
  beforeEach(async () => {
    const mailIntegrations = [{ provider: 'mailchimp' as const, list: 'list-1', enabled: true }];
    system = await openOwnSystem([{ ...TEST_PROJECT, mailIntegrations, mailCapPerHour: 1 }]);
  });
  afterEach(() => system.close());

  it('does both, and tells of what waits for a cap: how much, and nothing of whom', async () => {
    const now = new Date(HOUR + 1.5 * HOUR_MS);
    const reports = [1, 2, 3].map((index) =>
      capturedEvent('track', {
        id: `track-${index}`,
        receivedAt: RECEIVED_AT,
        userAgent: null,
        payload: { url: `https://site-${index}.example.org`, admin_email: `bob-${index}@example.org` },
      }),
    );
    const only = { reason_id: 'other', client: '1.2.0' };
    const bare = capturedEvent('deactivate', { id: 'bare', receivedAt: RECEIVED_AT, only });
    system.stores.now = () => new Date(RECEIVED_AT);
    await system.process(...reports, bare);
    system.stores.now = () => now;
    const lines: unknown[] = [];
    const log = (severity: string, message: string, fields?: LogFields) => lines.push({ severity, message, ...fields });
    assert.deepEqual(await sweep(system.stores, now, log), { rejected: 1, asked: 1, waiting: 1, silent: 0 });
    assert.deepEqual(lines, [
      { severity: 'WARNING', message: 'mail requests wait for the cap', waiting: 1, projects: 1 },
    ]);
    lines.length = 0;
    const later = new Date(HOUR + 2.5 * HOUR_MS);
    system.stores.now = () => later;
    assert.deepEqual(await sweep(system.stores, later, log), { rejected: 0, asked: 1, waiting: 0, silent: 0 });
    assert.deepEqual(lines, []);
  });

  describe('of which one part fails', () => {
    const fails = () => Promise.reject(new TransientError('out of reach', { cause: undefined }));
    const now = new Date(HOUR + 45 * DAY_MS);
    const bare = capturedEvent('deactivate', {
      id: 'bare',
      receivedAt: RECEIVED_AT,
      userAgent: userAgentOf('https://nobody.example'),
      only: { reason_id: 'other' },
    });
    const track = capturedEvent('track', { receivedAt: RECEIVED_AT, userAgent: null });

    for (const { title, broken, left } of [
      {
        title: 'rejections',
        broken: () => ({ rejections: { append: fails } }),
        left: { unclaimed: 1, due: 0, active: 0 },
      },
      {
        title: 'mail lists',
        broken: () => ({ subscribers: { publish: fails } }),
        left: { unclaimed: 0, due: 1, active: 0 },
      },
      {
        title: 'states',
        broken: () => ({ sites: { ...system.stores.sites, markSilent: fails } }),
        left: { unclaimed: 0, due: 0, active: 1 },
      },
    ])
      it(`does the others without ${title}, and then fails`, async () => {
        system.stores.now = () => new Date(RECEIVED_AT);
        system.stores.subscribers = { publish: fails };
        await system.process(bare);
        await system.process(track).catch(() => {});
        system.stores.now = () => now;
        system.stores.subscribers = { publish: async () => {} };
        await assert.rejects(
          sweep({ ...system.stores, ...broken() }, now, () => {}),
          /out of reach/,
        );
        const count = (name: string, filter: object) => system.db.collection(name).countDocuments(filter);
        assert.deepEqual(
          {
            unclaimed: await count('unclaimed', {}),
            due: await count('sites', { mailDueAt: { $exists: true } }),
            active: await count('sites', { state: 'active' }),
          },
          left,
        );
      });
  });
});
