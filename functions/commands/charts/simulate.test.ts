import assert from 'node:assert/strict';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { objectName } from '../../../shared/event/object-name.ts';
import { encodeForm, type FormValue } from '../../../shared/simulation/form.ts';
import { type PastOptions, simulatePast, simulateSites } from '../../../shared/simulation/past.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { inProof } from '../../../shared/testing/in-proof.ts';
import { parseBody } from '../../collect/parse-body.ts';
import { capturedRun } from '../../testing/captured-run.ts';
import { type OwnSystem, openOwnSystem } from '../../testing/own-system.ts';
import { readConfig } from '../config.ts';
import { recordPast } from './record-past.ts';

const UNTIL = '2026-03-31T12:00';
// with a copy, opt-outs before and after a report, and deactivations without a name
const PAST: PastOptions = {
  projectHash: TEST_PROJECT.hash,
  sites: 40,
  days: 45,
  seed: 31,
  until: new Date(`${UNTIL}Z`),
};
const ARGS = ['--project', 'test', '--sites', '40', '--days', '45', '--seed', '31', '--until', UNTIL];

describe('sitebeat simulate', () => {
  const events = [...simulatePast(PAST)];
  let system: OwnSystem;
  const objects = async () => Object.keys(await system.contents()).filter((name) => name.endsWith('.json'));

  before(async () => {
    system = await openOwnSystem([
      TEST_PROJECT,
      {
        ...TEST_PROJECT,
        hash: 'mailing',
        slug: 'mailing',
        mailIntegrations: [{ provider: 'mailjet', list: '1', enabled: true }],
      },
      { ...TEST_PROJECT, hash: 'archived', slug: 'archived', archived: true },
    ]);
  });
  after(() => system.close());

  it('says what it would write, and writes nothing, with --dry-run', async () => {
    const { exitCode, stdout } = await capturedRun(['simulate', ...ARGS, '--dry-run', '--json'], system.env);
    assert.equal(exitCode, 0);
    const { kinds, ...counts } = JSON.parse(stdout);
    const [from, to] = [events[0]?.receivedAt, events.at(-1)?.receivedAt];
    assert.deepEqual(counts, { project: 'test', events: events.length, from, to, written: 0 });
    for (const [kind, count] of Object.entries(kinds)) {
      assert.equal(count, events.filter((event) => event.kind === kind).length);
    }
    assert.deepEqual(await objects(), []);
  });

  it('asks first, and says that mail lists would be asked for people who do not exist', async () => {
    const asked = await capturedRun(['simulate', '--project', 'mailing', '--sites', '1'], system.env, 'n');
    assert.equal(asked.exitCode, 1);
    assert.match(asked.stderr, /cannot be told from real ones.*1 mail lists will be asked for people who do not exist/);
    assert.deepEqual(await objects(), []);
  });

  for (const { title, args, exitCode, says } of [
    {
      title: 'a project that is not there',
      args: ['--project', 'nobody'],
      exitCode: 1,
      says: /no project has .* nobody/,
    },
    { title: 'an archived project', args: ['--project', 'archived'], exitCode: 1, says: /archived is archived/ },
    { title: 'a past that is to come', args: [...ARGS, '--until', '2999-01-01'], exitCode: 2, says: /is to come/ },
    { title: 'no sites', args: [...ARGS, '--sites', '0'], exitCode: 2, says: /whole number above zero/ },
  ])
    it(`refuses ${title}`, async () => {
      const run = await capturedRun(['simulate', ...args, '--yes'], system.env);
      assert.equal(run.exitCode, exitCode);
      assert.match(run.stderr, says);
    });

  it('writes every event to the archive at its hour, as often as it is called', async () => {
    for (let time = 0; time < 2; time += 1) {
      const { exitCode, stdout } = await capturedRun(['simulate', ...ARGS, '--yes'], system.env);
      assert.equal(exitCode, 0);
      assert.match(stdout, new RegExp(`^${events.length} events of test are in the archive`));
    }
    const names = events.map(({ kind, receivedAt, id }) => objectName(kind, receivedAt, id));
    assert.deepEqual(await objects(), names.sort());
    const [one] = events as [StoredEvent];
    assert.deepEqual(await system.archive.read(objectName(one.kind, one.receivedAt, one.id)), one);
  });

  it('writes what collect would, had it been sent', () => {
    for (const { payload, contentType } of events) {
      const body = Buffer.from(encodeForm(payload as Record<string, FormValue>));
      assert.deepEqual(JSON.parse(parseBody(body, { contentType, contentEncoding: null }).payloadText), payload);
    }
  });

  describe('--directly', () => {
    let functions: OwnSystem;
    before(async () => {
      functions = await openOwnSystem([TEST_PROJECT]);
      await Promise.all([...simulateSites(PAST)].map((ofSite) => functions.process(...ofSite)));
    });
    after(() => functions.close());

    /** Without what is of the moment in which it was written; and a test's own system knows no countries. */
    const lasting = async (from: OwnSystem) =>
      Object.entries(await from.contents()).map(([place, text]) => {
        const { processed_at: _, revision: __, country: ___, ...rest } = JSON.parse(text);
        return [place, rest];
      });

    it('leaves in every store what the functions leave', async () => {
      const run = await capturedRun(['simulate', ...ARGS, '--yes', '--directly'], system.env);
      assert.equal(run.exitCode, 0);
      const expected = await lasting(functions);
      assert.deepEqual(await lasting(system), expected);
      const places = new Set(expected.map(([place]) => String(place).split('/')[0]));
      for (const place of ['sites', 'deactivations', 'optOuts', 'tracking_skips']) assert.ok(places.has(place));
      assert.ok(!places.has('unclaimed'));
    });

    inProof('changes nothing where the functions were first', async () => {
      const { db } = functions;
      const latest = async () => [
        await db.collection('sites').find().toArray(),
        await db.collection('deactivations').find().toArray(),
      ];
      const before = await latest();
      const config = readConfig({ ...process.env, ...functions.env });
      await recordPast(simulateSites(PAST), { config, db, onRecorded: () => {} });
      assert.deepEqual(await latest(), before);
    });
  });
});
