import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Dataset } from '@google-cloud/bigquery';
import { cloudEvent } from '@google-cloud/functions-framework';
import { PubSub } from '@google-cloud/pubsub';
import sinon from 'sinon';
import { addressDigest, decodeSubscriberMessage, type SubscriberRequest } from '../../shared/event/subscriber.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import type { LogFields } from '../../shared/runtime/log.ts';
import { openRejections } from '../../shared/stores/history/rejections.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import { openSites, siteKey } from '../../shared/stores/sites/sites.ts';
import { openTopic, type Topic } from '../../shared/stores/topics/topics.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { giveDataset, takeDataset } from '../../shared/testing/spare-datasets.ts';
import { ownDatabase } from '../../shared/testing/stores.ts';
import { until } from '../../shared/testing/until.ts';
import { frameworkServer } from '../testing/framework-server.ts';
import { type MailRequest, openMailApi } from './mail-api.ts';
import { notifyMail, rejectionOfMessage } from './notify-mail.ts';
import { idempotencyKey } from './sign.ts';

const RECEIVED_AT = '2026-03-09T07:05:06.789Z';
const BOB = 'Bob@example.org';
const PUBLISHED_AT = '2026-03-09T07:05:08.000Z';
/** Of an attempt; no machine is so slow. */
const TIMEOUT_MS = 60_000;
/** Where an attempt that gets no answer has to end, and any other may end too. */
const SHORT_TIMEOUT_MS = 500;
/** Of the client's errors, the first so many are answered; all by `npm run proof:ci`. */
const CLIENT_ERRORS = IS_PROOF ? 100 : 30;

/** What the local mail sink shows; see emulators/mail. */
interface Shown {
  taken: number;
  requests: { key: string; request: MailRequest }[];
  attempts: { key: string; answer: number | string }[];
}

describe('notifyMail', () => {
  let latest: Latest;
  let dataset: Dataset;
  let mailbox: string;
  let request: SubscriberRequest;
  let messageId: string;
  let logged: string[];
  let handle: (event: unknown) => Promise<void>;

  before(async function () {
    // only the local sink can be told to fail, and shows what it took
    if (!process.env.SITEBEAT_EMBEDDED?.split(',').includes('MAIL_API_URL')) this.skip();
    latest = ownDatabase();
    dataset = await takeDataset();
  });
  beforeEach(async () => {
    mailbox = new URL(`/${randomUUID()}`, process.env.MAIL_API_URL).href;
    request = {
      project: 'a4a8da5b-b419-4656-98e9-4a42e9044891',
      provider: 'mailchimp',
      list: 'list-1',
      site: `${randomUUID()}.example.org`,
      eventId: randomUUID(),
      address: addressDigest('a4a8da5b-b419-4656-98e9-4a42e9044891', BOB),
    };
    messageId = randomUUID();
    logged = [];
    handle = openHandler(mailbox);
    await putSite({});
  });
  after(async () => {
    await latest?.db.dropDatabase();
    await latest?.close();
    if (dataset) await giveDataset(dataset, new Set(['rejections']));
  });

  /** As index.ts puts it together. */
  function openHandler(url: string, timeoutMs = TIMEOUT_MS) {
    const secret = process.env.MAIL_API_SECRET as string;
    const stores = { sites: openSites(latest.db), mailApi: openMailApi({ url, secret, timeoutMs }) };
    const rejections = openRejections(
      { projectId: dataset.projectId, dataset: dataset.id as string },
      { log: () => {} },
    );
    return handleEvent({
      decode: decodeSubscriberMessage,
      work: (message) => notifyMail(message, stores),
      reject: (message, error) => rejections.append(rejectionOfMessage(message, error)),
      log: (severity: string, message: string, fields?: LogFields) =>
        logged.push(JSON.stringify({ severity, message, ...fields })),
    });
  }

  const sites = () => latest.db.collection<{ _id: string }>('sites');

  async function putSite(fields: Record<string, unknown>): Promise<void> {
    const _id = siteKey(request.project, request.site);
    const { project, site } = request;
    const known = { project, site, adminEmail: BOB, firstName: 'Bob', optedOut: false, revision: 1 };
    await sites().replaceOne({ _id }, { ...known, ...fields }, { upsert: true });
  }

  const pushed = (data: string, attributes: Record<string, string> = { receivedAt: RECEIVED_AT }) => ({
    data: {
      message: { data: Buffer.from(data).toString('base64'), attributes, messageId, publishTime: PUBLISHED_AT },
    },
  });
  const message = () => pushed(JSON.stringify(request));

  /** What the mail API is to get. */
  function wanted(): MailRequest {
    const { address: _, ...keys } = request;
    return { ...keys, email: BOB, firstName: 'Bob', lastName: null, doubleOptIn: true };
  }

  async function setFaults(faults: { next?: unknown[]; always?: unknown }): Promise<void> {
    const { status } = await fetch(mailbox, { method: 'PUT', body: JSON.stringify(faults) });
    assert.equal(status, 200);
  }

  async function shown(): Promise<Shown> {
    return (await (await fetch(mailbox)).json()) as Shown;
  }

  async function rejections(): Promise<Record<string, unknown>[]> {
    const [rows] = await dataset.query({
      query: `SELECT * FROM ${dataset.id}.rejections WHERE received_at > TIMESTAMP('2020-01-01')
        AND (event_id LIKE @event OR event_id = @message)`,
      params: { event: `${request.eventId}%`, message: `subscriber:${messageId}` },
    });
    return rows;
  }

  it('posts the request with the address and the names that the site has now, signed, once, and asks for double opt-in', async () => {
    await putSite({ lastName: 'Ross' });
    await handle(message());
    const { taken, requests, attempts } = await shown();
    assert.equal(taken, 1);
    assert.deepEqual(requests[0]?.request, { ...wanted(), lastName: 'Ross' });
    assert.deepEqual(attempts, [{ key: idempotencyKey(wanted()), answer: 202 }]);
  });

  for (const { title, fault } of [
    { title: 'is down', fault: 'down' },
    { title: 'takes the request and cuts the connection', fault: 'lost' },
    { title: 'asks for a key that is not the configured one', fault: 401 },
    { title: 'is not found at the configured address', fault: 404 },
    { title: 'asks to wait', fault: 429 },
    { title: 'is broken', fault: 500 },
    { title: 'sends elsewhere', fault: 307 },
  ])
    it(`leaves the message to Pub/Sub while the mail API ${title}, and then asks under the same key`, async () => {
      await setFaults({ next: [fault, fault] });
      await assert.rejects(handle(message()), /the mail API/);
      await assert.rejects(handle(message()), /the mail API/);
      await handle(message());
      await handle(message());
      const { taken, attempts } = await shown();
      assert.equal(taken, 1);
      assert.equal(attempts.length, 4);
      assert.deepEqual(new Set(attempts.map(({ key }) => key)), new Set([idempotencyKey(wanted())]));
      assert.deepEqual(await rejections(), []);
    });

  it('leaves the message to Pub/Sub while the mail API takes the request and answers too late, and then asks under the same key', async () => {
    await setFaults({ next: ['slow', 'slow'] });
    for (const attempt of [1, 2]) {
      const timeout = new AbortController();
      const timeouts = sinon.stub(AbortSignal, 'timeout').returns(timeout.signal);
      try {
        const failing = assert.rejects(handle(message()), /the mail API/);
        await until(async () => (await shown()).attempts.length === attempt, { what: 'the attempt' });
        timeout.abort(new DOMException('too late', 'TimeoutError'));
        await failing;
        assert.deepEqual(timeouts.args, [[TIMEOUT_MS]]);
      } finally {
        timeouts.restore();
      }
    }
    await handle(message());
    await handle(message());
    const { taken, attempts } = await shown();
    assert.deepEqual([taken, attempts.length], [1, 4]);
    assert.deepEqual(new Set(attempts.map(({ key }) => key)), new Set([idempotencyKey(wanted())]));
    assert.deepEqual(await rejections(), []);
  });

  it('leaves the message to Pub/Sub while nobody listens at the mail API', async () => {
    await assert.rejects(openHandler('http://127.0.0.1:1/')(message()), /the mail API did not answer/);
  });

  it('does not follow the mail API elsewhere', async () => {
    await setFaults({ next: [307] });
    await assert.rejects(handle(message()), /answered 307/);
    const elsewhere = (await (await fetch(new URL('/elsewhere', mailbox))).json()) as Shown;
    assert.ok(!elsewhere.attempts.some(({ key }) => key === idempotencyKey(wanted())));
  });

  it('takes for a refusal only 400, 409, 410 and 422; whatever else is answered is retried, under an ERROR line', async () => {
    const others = [300, 301, 302, 303, 304, 307, 308, 500, 501, 502, 503, 504, 599];
    const refusals: number[] = [];
    const retried: string[] = [];
    for (const status of [...others, ...Array.from({ length: CLIENT_ERRORS }, (_, index) => 400 + index)]) {
      request = { ...request, eventId: randomUUID() };
      logged = [];
      // fetch tries a 421 once more
      await setFaults({ always: status });
      const isDone = await handle(message()).then(
        () => true,
        () => false,
      );
      if (isDone) {
        refusals.push(status);
        assert.equal((await rejections()).length, 1, String(status));
      } else retried.push(request.eventId);
      // fetch keeps a 407 to itself
      const cause = status === 407 ? 'TypeError' : `Error ${status}`;
      if (!isDone)
        assert.match(logged.join(), new RegExp(`"ERROR".*failed, will be retried.*TransientError < ${cause}`));
      else assert.doesNotMatch(logged.join(), /"ERROR"/);
    }
    assert.deepEqual(refusals, [400, 409, 410, 422]);
    const [wrong] = await dataset.query({
      query: `SELECT event_id FROM ${dataset.id}.rejections WHERE received_at > TIMESTAMP('2020-01-01')
        AND SUBSTR(event_id, 1, 36) IN UNNEST(@retried)`,
      params: { retried },
    });
    assert.deepEqual(wrong, []);
  });

  for (const status of [400, 422])
    it(`records what the mail API refuses with ${status}, once for each list, and is done`, async () => {
      await setFaults({ always: status });
      await handle(message());
      await handle(message());
      request = { ...request, list: 'list-2' };
      await handle(message());
      const rows = await rejections();
      const of = (list: string) => rows.filter(({ event_id }) => event_id === `${request.eventId}:mailchimp:${list}`);
      assert.deepEqual([of('list-2').length, of('list-1').length + of('list-2').length], [1, rows.length]);
      const { reason, field, kind, project_hash, object_name, message: says, received_at } = of('list-1')[0] ?? {};
      assert.deepEqual(
        { reason, field, kind, project_hash, object_name, says },
        {
          reason: 'mail_refused',
          field: 'email',
          kind: 'subscriber',
          project_hash: request.project,
          object_name: `track/2026/03/09/07/${request.eventId}.json`,
          says: `the mail API answered ${status}`,
        },
      );
      assert.equal(new Date((received_at as { value: string }).value).toISOString(), RECEIVED_AT);
    });

  for (const { title, site } of [
    { title: 'that opted out since', site: { optedOut: true } },
    { title: 'that has another address since', site: { adminEmail: 'new@example.org' } },
    { title: 'that has the address in another project', site: { project: 'other' } },
    { title: 'that has no address', site: { adminEmail: undefined } },
    { title: 'that was erased', site: undefined },
  ])
    it(`does not ask for a site ${title}`, async () => {
      if (site) await putSite(site);
      else await sites().deleteOne({ _id: siteKey(request.project, request.site) });
      await handle(message());
      assert.deepEqual((await shown()).attempts, []);
    });

  it('asks for an address whose case changed since, as it is now', async () => {
    await putSite({ adminEmail: 'BOB@example.org' });
    await handle(message());
    assert.equal((await shown()).requests[0]?.request.email, 'BOB@example.org');
  });

  it('understands what earlier versions published, who named the person', async () => {
    const { address: _, ...keys } = request;
    await handle(pushed(JSON.stringify({ ...keys, email: BOB, firstName: 'Robert', lastName: null })));
    assert.deepEqual((await shown()).requests[0]?.request, wanted());
  });

  for (const { title, fields, left } of [
    { title: 'opted out', fields: { optedOut: true }, left: ['mailchimp:other', 'mailchimp:list-1 of another'] },
    {
      title: 'has another address',
      fields: { adminEmail: 'new@example.org' },
      left: ['mailchimp:other', 'mailchimp:list-1 of another'],
    },
    { title: 'is as it was', fields: {}, left: ['mailchimp:list-1', 'mailchimp:other', 'mailchimp:list-1 of another'] },
  ])
    it(`leaves noted as asked, of a site that ${title}, only what was or will be`, async () => {
      const { address } = request;
      const askedMail = [
        { list: 'mailchimp:list-1', address, askedAt: new Date() },
        { list: 'mailchimp:other', address, askedAt: new Date() },
        { list: 'mailchimp:list-1', address: 'another', askedAt: new Date() },
      ];
      await putSite({ ...fields, askedMail });
      await handle(message());
      await handle(message());
      const known = await openSites(latest.db).find(siteKey(request.project, request.site));
      const noted = known?.askedMail?.map((each) => `${each.list}${each.address === address ? '' : ' of another'}`);
      assert.deepEqual(noted, left);
    });

  for (const { title, event } of [
    { title: 'is no JSON', event: () => pushed('bob@example.org') },
    { title: 'lacks a field', event: () => pushed(JSON.stringify({ ...request, address: undefined })) },
    { title: 'names an unknown provider', event: () => pushed(JSON.stringify({ ...request, provider: 'fax' })) },
    { title: 'says no time', event: () => pushed(JSON.stringify(request), {}) },
  ])
    it(`records a message that ${title}, and is done`, async () => {
      await handle(event());
      await handle(event());
      const rows = await rejections();
      const row = rows[0] ?? {};
      assert.deepEqual(
        [row.event_id, row.kind, row.reason, row.object_name],
        [`subscriber:${messageId}`, 'subscriber', 'unparseable', null],
      );
      assert.ok(!JSON.stringify(rows).includes('bob@'));
    });

  it('never logs an address or a name', async () => {
    handle = openHandler(mailbox, SHORT_TIMEOUT_MS);
    await setFaults({ next: ['down', 'slow', 500, 400] });
    for (let attempt = 0; attempt < 5; attempt += 1) await handle(message()).catch(() => {});
    await handle(pushed('bob@example.org'));
    assert.ok(logged.length >= 5);
    assert.doesNotMatch(logged.join('\n'), /bob/i);
  });

  describe('behind a push subscription', () => {
    let pubsub: PubSub;
    let topic: Topic<SubscriberRequest>;
    let name: string;
    let server: Server;
    let printed: sinon.SinonStub;

    beforeEach(async () => {
      // the framework prints each failure
      printed = sinon.stub(console, 'error');
      cloudEvent('notify-mail-under-test', openHandler(mailbox, SHORT_TIMEOUT_MS));
      server = frameworkServer('notify-mail-under-test').listen(0);
      await once(server, 'listening');
      pubsub = new PubSub({ projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '' });
      name = `subscribers-${randomUUID()}`;
      await pubsub.createTopic(name);
      await pubsub.createSubscription(name, name, {
        pushEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/projects/p/topics/${name}`,
        retryPolicy: { minimumBackoff: { nanos: 10e6 }, maximumBackoff: { nanos: 50e6 } },
      });
      topic = openTopic({ projectId: pubsub.projectId, topic: name });
    });
    afterEach(async () => {
      await topic.close();
      await pubsub.subscription(name).delete();
      await pubsub.topic(name).delete();
      await pubsub.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      printed.restore();
    });

    it('brings every request to the mail API once, through failures of all kinds and doubled messages', async () => {
      await setFaults({ next: ['down', 500, 'lost', 429, 'slow'] });
      const requests = Array.from({ length: 5 }, (_, index) => ({ ...request, list: `list-${index}` }));
      for (const each of [...requests, ...requests]) await topic.publish(each, { receivedAt: RECEIVED_AT });
      const done = async () => {
        const { attempts } = await shown();
        return attempts.filter(({ answer }) => answer === 202 || answer === 200).length >= 2 * requests.length;
      };
      await until(done, { what: 'the acknowledgement of every message' });
      const { taken, requests: arrived, attempts } = await shown();
      assert.equal(taken, requests.length);
      assert.deepEqual(arrived.map((each) => each.request.list).sort(), requests.map(({ list }) => list).sort());
      assert.equal(new Set(attempts.map(({ key }) => key)).size, requests.length);
    });
  });
});
