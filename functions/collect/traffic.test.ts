import assert from 'node:assert/strict';
import { MAX_KEYS } from '../../shared/runtime/count-by-minute.ts';
import type { LogFields } from '../../shared/runtime/log.ts';
import { BYTES_OF_A_POST, MAX_POSTS_OF_NETWORK } from './limits.ts';
import { openTraffic } from './traffic.ts';

describe('openTraffic', () => {
  const lines: unknown[] = [];
  let now: Date;
  let traffic: ReturnType<typeof openTraffic>;
  beforeEach(() => {
    lines.length = 0;
    now = new Date('2026-03-09T07:05:06.789Z');
    const log = (severity: string, message: string, fields?: LogFields) => lines.push({ severity, message, ...fields });
    traffic = openTraffic({ now: () => now, log });
  });
  /** How many of so many posts of an address are over the rate. */
  const overRate = (address: string | null, posts: number) =>
    Array.from({ length: posts }, () => traffic.isOverRate(address, 0)).filter(Boolean).length;

  it('counts a network beyond its share, whichever of its addresses it uses', () => {
    assert.equal(overRate('203.0.113.9', MAX_POSTS_OF_NETWORK), 0);
    assert.equal(overRate('203.0.113.10', 3), 3);
    assert.equal(overRate('::ffff:203.0.113.11', 1), 1);
    assert.equal(overRate('203.0.114.9', 1), 0);
    assert.equal(overRate('2a00:1450:4001:1::1', MAX_POSTS_OF_NETWORK), 0);
    assert.equal(overRate('2a00:1450:4001:2::1', 1), 1);
  });

  it('counts a body as one post more for each 16 KiB', () => {
    const [small, large] = [BYTES_OF_A_POST - 1, 99 * BYTES_OF_A_POST];
    assert.deepEqual(
      [small, large, large, large].map((bytes) => traffic.isOverRate('203.0.113.9', bytes)),
      [false, false, false, true],
    );
    traffic.count('stored');
    traffic.flush();
    const [{ mostOfOneNetwork }] = lines as [{ mostOfOneNetwork: number }];
    assert.equal(mostOfOneNetwork, 4);
  });

  for (const address of [null, '127.0.0.1', '10.0.0.1', 'no address'])
    it(`takes ${address} for nobody's address`, () => assert.equal(overRate(address, MAX_POSTS_OF_NETWORK + 1), 0));

  it('begins anew with the minute', () => {
    assert.equal(overRate('203.0.113.9', MAX_POSTS_OF_NETWORK + 1), 1);
    now = new Date('2026-03-09T07:06:00.000Z');
    assert.equal(overRate('203.0.113.9', 1), 0);
  });

  it('logs a minute when the next one begins: counts, and nothing else', () => {
    overRate('203.0.113.9', 3);
    overRate('198.51.100.7', 1);
    for (const hash of ['secret-a', 'SECRET-A ', 'secret-b', { no: 'text' }]) traffic.countProject(hash);
    for (const outcome of ['stored', 'stored', 'refused', 'failed'] as const) traffic.count(outcome);
    assert.deepEqual(lines, []);
    now = new Date('2026-03-09T07:07:00.000Z');
    overRate('203.0.113.9', 1);
    const counts = { stored: 2, refused: 1, failed: 1, shed: 0, overRate: 0, networks: 2, mostOfOneNetwork: 3 };
    assert.deepEqual(lines, [{ severity: 'INFO', message: 'traffic', ...counts, projects: 2, mostOfOneProject: 2 }]);
    traffic.flush();
    assert.equal(lines.length, 1);
  });

  it('warns of what was shed and of networks beyond their share', () => {
    overRate('203.0.113.9', MAX_POSTS_OF_NETWORK + 2);
    traffic.count('stored');
    traffic.flush();
    traffic.count('shed');
    traffic.flush();
    const told = lines as { severity: string; shed: number; overRate: number }[];
    assert.deepEqual(
      told.map(({ severity, shed, overRate: over }) => [severity, shed, over]),
      [
        ['WARNING', 0, 2],
        ['WARNING', 1, 0],
      ],
    );
  });

  it('counts so many networks and projects, and takes the rest as they come', () => {
    for (let n = 0; n < MAX_KEYS + 5; n += 1) {
      traffic.isOverRate(`${20 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.1`, 0);
      traffic.countProject(`${n}${'x'.repeat(100)}`);
    }
    assert.equal(overRate('100.63.255.1', MAX_POSTS_OF_NETWORK + 1), 0);
    traffic.count('stored');
    traffic.flush();
    const [{ networks, projects }] = lines as [{ networks: number; projects: number }];
    assert.deepEqual([networks, projects], [MAX_KEYS, MAX_KEYS]);
  });
});
