import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cloudEvent } from '@google-cloud/functions-framework';
import sinon from 'sinon';
import { type MailRequest, openMailApi } from '../../functions/notify-mail/mail-api.ts';
import { notifyMail } from '../../functions/notify-mail/notify-mail.ts';
import { userAgentOf } from '../../functions/testing/own-system.ts';
import { openPushedFunction, type PushedFunction } from '../../functions/testing/pushed-function.ts';
import { updateLatest } from '../../functions/testing/update-latest.ts';
import { decodeSubscriberMessage } from '../../shared/event/subscriber.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import type { ProjectDocument } from '../../shared/stores/projects.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openMailClaims } from '../../shared/stores/topics/mail-claims.ts';
import type { Subscribers } from '../../shared/stores/topics/mail-outbox.ts';
import { openTopic } from '../../shared/stores/topics/topics.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { inProof } from '../../shared/testing/in-proof.ts';
import { ownDatabase } from '../../shared/testing/stores.ts';
import { type Progress, until } from '../../shared/testing/until.ts';

const SITES = 20;
/** Of notify-mail; also how long an update would last if it waited for a mail API that does not answer. */
const MAIL_TIMEOUT_MS = 500;

describe('process-event, Pub/Sub and notify-mail', () => {
  let latest: Latest;
  let topic: Subscribers;
  let pushed: PushedFunction;
  let mailbox: string;
  let printed: sinon.SinonStub;

  before(async function () {
    if (!process.env.SITEBEAT_EMBEDDED?.split(',').includes('MAIL_API_URL')) this.skip();
    // the framework prints each failure
    printed = sinon.stub(console, 'error');
    mailbox = new URL(`/${randomUUID()}`, process.env.MAIL_API_URL).href;
    latest = ownDatabase();
    const { hash, ...project } = TEST_PROJECT;
    const mailIntegrations = [{ provider: 'mailchimp' as const, list: 'list-1', enabled: true }];
    await latest.db.collection<ProjectDocument>('projects').insertOne({ _id: hash, ...project, mailIntegrations });
    const secret = process.env.MAIL_API_SECRET as string;
    const mailApi = openMailApi({ url: mailbox, secret, timeoutMs: MAIL_TIMEOUT_MS });
    const handle = handleEvent({
      decode: decodeSubscriberMessage,
      work: (message) =>
        notifyMail(message, { sites: openSites(latest.db), mailClaims: openMailClaims(latest.db), mailApi }),
      reject: () => assert.fail('nothing is refused here'),
      log: () => {},
    });
    cloudEvent('mail-flow', handle);
    pushed = await openPushedFunction('mail-flow');
    topic = openTopic(pushed.topic);
  });
  after(async () => {
    if (pushed === undefined) return;
    await topic.close();
    await pushed.close();
    await latest.db.dropDatabase();
    await latest.close();
    printed.restore();
  });

  function update(index: number): Promise<void> {
    const id = `event-of-site-${index}`;
    const payload = { url: `https://site-${index}.example.org`, admin_email: `admin-${index}@example.org` };
    const event = capturedEvent('track', { id, payload });
    return updateLatest(event, latest.db, topic);
  }

  async function setFaults(faults: unknown): Promise<void> {
    await fetch(mailbox, { method: 'PUT', body: JSON.stringify(faults) });
  }

  async function shown() {
    return (await (await fetch(mailbox)).json()) as {
      requests: { request: MailRequest }[];
      attempts: { key: string; answer: unknown }[];
    };
  }

  inProof(
    'bring each admin to the list once, and sites are updated as ever while the mail API answers nothing',
    async () => {
      await setFaults({ always: 'slow' });
      const updatesMs: number[] = [];
      for (let index = 0; index < SITES; index += 1) {
        const startedAt = performance.now();
        await update(index);
        updatesMs.push(performance.now() - startedAt);
      }
      await until(async () => (await shown()).attempts.length >= 2, { what: 'attempts' });
      assert.equal(await latest.db.collection('sites').countDocuments(), SITES);
      // none would be shorter, if they waited; how long the others are hangs on the machine
      assert.ok(Math.min(...updatesMs) < MAIL_TIMEOUT_MS, `${updatesMs} ms`);

      await setFaults({ next: [429, 'lost'] });
      const all = async (progress: Progress) => {
        const { attempts } = await shown();
        progress(attempts.length);
        const answered = attempts.filter(({ answer }) => answer === 202 || answer === 200);
        return new Set(answered.map(({ key }) => key)).size === SITES;
      };
      await until(all, { what: 'every request at the mail API' });
      const { requests } = await shown();
      const wanted = Array.from({ length: SITES }, (_, index) => `admin-${index}@example.org`);
      assert.deepEqual(requests.map(({ request }) => request.email).sort(), wanted.sort());
    },
  );

  it('ask again with the next consent of a site that opted out while its request was under way', async () => {
    const url = 'https://undecided.example.org';
    const email = 'undecided@example.org';
    const event = (kind: 'track' | 'tracking-skipped', second: number) =>
      capturedEvent(kind, {
        id: `undecided-${second}`,
        receivedAt: `2026-03-09T08:00:0${second}.000Z`,
        userAgent: userAgentOf(url),
        ...(kind === 'track' && { payload: { url, admin_email: email } }),
      });
    const asked = async () => {
      const site = await openSites(latest.db).find(`${TEST_PROJECT.hash}:undecided.example.org`);
      return site?.askedMail?.length ?? 0;
    };
    const mails = async () => (await shown()).requests.filter(({ request }) => request.email === email).length;

    await setFaults({ always: 403 });
    const before = (await shown()).attempts.length;
    await updateLatest(event('track', 1), latest.db, topic);
    await until(async () => (await shown()).attempts.length > before, { what: 'an attempt' });
    await updateLatest(event('tracking-skipped', 2), latest.db, topic);
    await until(async () => (await asked()) === 0, { what: 'the request’s withdrawal' });
    await setFaults({});
    assert.equal(await mails(), 0);
    await updateLatest(event('track', 3), latest.db, topic);
    await until(async () => (await mails()) === 1, { what: 'the request' });
    assert.equal(await asked(), 1);
  });
});
