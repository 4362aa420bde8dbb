import assert from 'node:assert/strict';
import { parseTime } from './parse-time.ts';

describe('parseTime', () => {
  for (const { text, time } of [
    { text: '2026-01-31', time: '2026-01-31T00:00:00.000Z' },
    { text: '2026-01-31T07:00', time: '2026-01-31T07:00:00.000Z' },
    { text: '2026-01-31T07:00:05.678', time: '2026-01-31T07:00:05.678Z' },
    { text: '2026-01-31T07:00:05.678Z', time: '2026-01-31T07:00:05.678Z' },
    { text: '2026-01-31T07:00+02:00', time: '2026-01-31T05:00:00.000Z' },
  ])
    it(`takes ${text}, in UTC unless it names a zone`, () => assert.equal(parseTime(text).toISOString(), time));

  for (const text of [
    '',
    '7',
    'yesterday',
    '2026',
    '31.1.2026',
    '1/2/2026',
    'Jan 31 2026',
    '2026-13-01',
    '2026-02-31',
    '2026-02-31T07:00',
    '2026-01-31 07:00',
  ])
    it(`refuses “${text}”, which may mean another time`, () => assert.throws(() => parseTime(text), /UTC/));
});
