import assert from 'node:assert/strict';
import type { LogFields } from '../../shared/runtime/log.ts';
import { MAX_AGE_MS, openNewSites } from './new-sites.ts';

describe('openNewSites', () => {
  const lines: unknown[] = [];
  let now: Date;
  let newSites: ReturnType<typeof openNewSites>;
  beforeEach(() => {
    lines.length = 0;
    now = new Date('2026-03-09T07:05:06.789Z');
    const log = (severity: string, message: string, fields?: LogFields) => lines.push({ severity, message, ...fields });
    newSites = openNewSites({ now: () => now, log });
  });
  const count = (projectHash: string, senderNetwork: string | null, ageMs = 0) =>
    newSites.count({ receivedAt: new Date(now.getTime() - ageMs).toISOString(), projectHash, senderNetwork });

  it('logs a minute with the next event of a later one: counts, and nothing else', () => {
    count('secret-a', '203.0.113.0');
    count('secret-a', '198.51.100.0');
    count('secret-b', '203.0.113.0');
    count('secret-a', null);
    newSites.turn();
    assert.deepEqual(lines, []);
    now = new Date('2026-03-09T07:06:00.000Z');
    newSites.turn();
    const counts = { sites: 4, networks: 2, mostOfOneNetwork: 2, projects: 2, mostOfOneProject: 3 };
    assert.deepEqual(lines, [{ severity: 'INFO', message: 'new sites', ...counts }]);
  });

  it('logs nothing of a minute without a new site', () => {
    newSites.flush();
    now = new Date('2026-03-09T07:09:00.000Z');
    newSites.turn();
    assert.deepEqual(lines, []);
  });

  it('leaves out what was received long ago: a replay makes nothing new', () => {
    count('secret-a', '203.0.113.0', MAX_AGE_MS);
    count('secret-a', '203.0.113.0', MAX_AGE_MS + 1);
    newSites.flush();
    assert.equal((lines as { sites: number }[])[0]?.sites, 1);
  });
});
