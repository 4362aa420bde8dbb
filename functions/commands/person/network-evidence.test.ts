import assert from 'node:assert/strict';
import { networkEvidence } from './network-evidence.ts';

const row = (event_id: string, hour: number, sender_network: string | null) => ({
  event_id,
  received_at: `2026-03-09T0${hour}:00:00.000Z`,
  sender_network,
});

describe('networkEvidence', () => {
  it('tells an event from a network that was never used before', () => {
    const rows = [
      row('forged', 4, '192.0.2.0'),
      row('first', 1, '198.51.100.0'),
      row('next', 2, '198.51.100.0'),
      // a deactivation has rows in two tables
      row('forged', 4, '192.0.2.0'),
      row('unknown', 3, null),
    ];
    assert.deepEqual(
      networkEvidence(rows).map(({ eventId, usedBefore }) => [eventId, usedBefore]),
      [
        ['first', null],
        ['next', true],
        ['unknown', null],
        ['forged', false],
      ],
    );
  });

  it('knows nothing of no rows', () => assert.deepEqual(networkEvidence([]), []));
});
