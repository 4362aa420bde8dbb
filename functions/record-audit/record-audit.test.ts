import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import { cloudEvent } from '@google-cloud/functions-framework';
import type { Audit } from '../../shared/event/audit.ts';
import { openAuditReader } from '../../shared/stores/history/audits.ts';
import { openHistoryReader } from '../../shared/stores/history/history-reader.ts';
import { AUDITS_TOPIC, openAuditsTopic } from '../../shared/stores/topics/audits-topic.ts';
import { giveDataset, takeDataset } from '../../shared/testing/spare-datasets.ts';
import { until } from '../../shared/testing/until.ts';
import { openPushedFunction, type PushedFunction } from '../testing/pushed-function.ts';
import { openRecordAudit } from './record-audit.ts';

const AT = '2026-03-09T07:05:06.789Z';

function anAudit(): Audit {
  return {
    requestId: `req_${randomUUID()}`,
    actor: 'olga@example.org',
    role: 'owner',
    projectHash: randomUUID(),
    action: 'export',
    resource: 'sites',
    filters: 'state=active',
  };
}

describe('recordAudit', () => {
  let dataset: Dataset;
  let lines: string[];
  let recordAudit: (message: unknown) => Promise<void>;

  before(async () => {
    dataset = await takeDataset();
  });
  beforeEach(() => {
    lines = [];
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), logLevel: 'DEBUG' as const };
    recordAudit = openRecordAudit(options, (...line) => void lines.push(JSON.stringify(line)));
  });
  after(() => giveDataset(dataset, new Set(['audits'])));

  const recorded = (project: string) => {
    const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 30 };
    const page = { since: new Date('2026-01-01'), after: undefined, limit: 10 };
    return openAuditReader(openHistoryReader(options)).page(project, page);
  };
  const pushed = (text: string) => ({
    data: { message: { data: Buffer.from(text).toString('base64'), messageId: randomUUID(), attributes: {} } },
  });

  for (const { title, text } of [
    { title: 'no JSON', text: '{' },
    { title: 'nobody', text: JSON.stringify({ outcome: 'begun', at: AT, rows: null }) },
    { title: 'no time', text: JSON.stringify({ audit: anAudit(), outcome: 'begun', at: 'soon', rows: null }) },
    { title: 'an unknown outcome', text: JSON.stringify({ audit: anAudit(), outcome: 'lost', at: AT, rows: null }) },
  ])
    it(`leaves a message that says ${title} to the dead letter`, () => assert.rejects(recordAudit(pushed(text))));

  it('writes no name to the log', async () => {
    const audit = anAudit();
    await recordAudit(pushed(JSON.stringify({ audit, outcome: 'begun', at: AT, rows: null })));
    assert.equal((await recorded(audit.projectHash)).length, 1);
    assert.match(lines.join('\n'), new RegExp(audit.requestId));
    assert.doesNotMatch(lines.join('\n'), /olga/);
  });

  describe('behind its topic', () => {
    let pushed: PushedFunction;
    let taken = 0;

    before(async function () {
      // no other Pub/Sub pushes to this machine
      if (!process.env.PUBSUB_EMULATOR_HOST) this.skip();
      cloudEvent('record-audit-under-test', async (message: unknown) => {
        await recordAudit(message);
        taken += 1;
      });
      const topic = { projectId: `own-${randomUUID()}`, topic: AUDITS_TOPIC };
      pushed = await openPushedFunction('record-audit-under-test', topic);
    });
    after(() => pushed?.close());

    it('writes what the dashboard says, which counts once however often it comes', async () => {
      const topic = openAuditsTopic(pushed.topic);
      const audit = anAudit();
      await topic.append(audit, 'begun', new Date(AT));
      for (let time = 0; time < 2; time += 1) await topic.append(audit, 'done', new Date('2026-03-09T07:06:00Z'), 7);
      await until(() => taken >= 3);
      assert.deepEqual(await recorded(audit.projectHash), [{ ...audit, at: AT, rows: 7, outcome: 'done' }]);
      await topic.close();
    });
  });
});
