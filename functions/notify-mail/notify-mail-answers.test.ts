import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { cloudEvent } from '@google-cloud/functions-framework';
import sinon from 'sinon';
import type { SubscriberRequest } from '../../shared/event/subscriber.ts';
import { openTopic, type Topic } from '../../shared/stores/topics/topics.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { until } from '../../shared/testing/until.ts';
import { openPushedFunction, type PushedFunction } from '../testing/pushed-function.ts';
import { idempotencyKey } from './sign.ts';
import {
  hasLocalSink,
  type OwnMailbox,
  openOwnMailbox,
  RECEIVED_AT,
  SHORT_TIMEOUT_MS,
  type Shown,
  TIMEOUT_MS,
} from './testing/own-mailbox.ts';

/** Of the client's errors, the first so many are answered; all by `npm run proof:ci`. */
const CLIENT_ERRORS = IS_PROOF ? 100 : 30;

describe('notifyMail', () => {
  let own: OwnMailbox;

  before(async function () {
    if (!hasLocalSink()) this.skip();
    own = await openOwnMailbox();
  });
  beforeEach(() => own.renew());
  after(() => own?.close());

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
      await own.setFaults({ next: [fault, fault] });
      await assert.rejects(own.handle(own.message()), /the mail API/);
      await assert.rejects(own.handle(own.message()), /the mail API/);
      await own.handle(own.message());
      await own.handle(own.message());
      const { taken, attempts } = await own.shown();
      assert.equal(taken, 1);
      assert.equal(attempts.length, 4);
      assert.deepEqual(new Set(attempts.map(({ key }) => key)), new Set([idempotencyKey(own.wanted())]));
      assert.deepEqual(await own.rejections(), []);
    });

  it('leaves the message to Pub/Sub while the mail API takes the request and answers too late, and then asks under the same key', async () => {
    await own.setFaults({ next: ['slow', 'slow'] });
    for (const attempt of [1, 2]) {
      const timeout = new AbortController();
      const timeouts = sinon.stub(AbortSignal, 'timeout').returns(timeout.signal);
      try {
        const failing = assert.rejects(own.handle(own.message()), /the mail API/);
        await until(async () => (await own.shown()).attempts.length === attempt, { what: 'the attempt' });
        timeout.abort(new DOMException('too late', 'TimeoutError'));
        await failing;
        assert.deepEqual(timeouts.args, [[TIMEOUT_MS]]);
      } finally {
        timeouts.restore();
      }
    }
    await own.handle(own.message());
    await own.handle(own.message());
    const { taken, attempts } = await own.shown();
    assert.deepEqual([taken, attempts.length], [1, 4]);
    assert.deepEqual(new Set(attempts.map(({ key }) => key)), new Set([idempotencyKey(own.wanted())]));
    assert.deepEqual(await own.rejections(), []);
  });

  it('leaves the message to Pub/Sub while nobody listens at the mail API', async () => {
    await assert.rejects(own.openHandler('http://127.0.0.1:1/')(own.message()), /the mail API did not answer/);
  });

  it('does not follow the mail API elsewhere', async () => {
    await own.setFaults({ next: [307] });
    await assert.rejects(own.handle(own.message()), /answered 307/);
    const elsewhere = (await (await fetch(new URL('/elsewhere', own.url))).json()) as Shown;
    assert.ok(!elsewhere.attempts.some(({ key }) => key === idempotencyKey(own.wanted())));
  });

  it('takes for a refusal only 400, 409, 410 and 422; whatever else is answered is retried, under an ERROR line', async () => {
    const others = [300, 301, 302, 303, 304, 307, 308, 500, 501, 502, 503, 504, 599];
    const refusals: number[] = [];
    const retried: string[] = [];
    for (const status of [...others, ...Array.from({ length: CLIENT_ERRORS }, (_, index) => 400 + index)]) {
      own.request = { ...own.request, eventId: randomUUID() };
      own.logged = [];
      // fetch tries a 421 once more
      await own.setFaults({ always: status });
      const isDone = await own.handle(own.message()).then(
        () => true,
        () => false,
      );
      if (isDone) {
        refusals.push(status);
        assert.equal((await own.rejections()).length, 1, String(status));
      } else retried.push(own.request.eventId);
      // fetch keeps a 407 to itself
      const cause = status === 407 ? 'TypeError' : `Error ${status}`;
      if (!isDone)
        assert.match(own.logged.join(), new RegExp(`"ERROR".*failed, will be retried.*TransientError < ${cause}`));
      else assert.doesNotMatch(own.logged.join(), /"ERROR"/);
    }
    assert.deepEqual(refusals, [400, 409, 410, 422]);
    const [wrong] = await own.dataset.query({
      query: `SELECT event_id FROM ${own.dataset.id}.rejections WHERE received_at > TIMESTAMP('2020-01-01')
        AND SUBSTR(event_id, 1, 36) IN UNNEST(@retried)`,
      params: { retried },
    });
    assert.deepEqual(wrong, []);
  });

  for (const status of [400, 422])
    it(`records what the mail API refuses with ${status}, once for each list, and is done`, async () => {
      await own.setFaults({ always: status });
      await own.handle(own.message());
      await own.handle(own.message());
      own.request = { ...own.request, list: 'list-2' };
      await own.handle(own.message());
      const rows = await own.rejections();
      const of = (list: string) =>
        rows.filter(({ event_id }) => event_id === `${own.request.eventId}:mailchimp:${list}`);
      assert.deepEqual([of('list-2').length, of('list-1').length + of('list-2').length], [1, rows.length]);
      const { reason, field, kind, project_hash, object_name, message: says, received_at } = of('list-1')[0] ?? {};
      assert.deepEqual(
        { reason, field, kind, project_hash, object_name, says },
        {
          reason: 'mail_refused',
          field: 'email',
          kind: 'subscriber',
          project_hash: own.request.project,
          object_name: `track/2026/03/09/07/${own.request.eventId}.json`,
          says: `the mail API answered ${status}`,
        },
      );
      assert.equal(new Date((received_at as { value: string }).value).toISOString(), RECEIVED_AT);
    });

  describe('behind a push subscription', () => {
    let pushed: PushedFunction;
    let topic: Topic<SubscriberRequest>;
    let printed: sinon.SinonStub;

    beforeEach(async () => {
      // the framework prints each failure
      printed = sinon.stub(console, 'error');
      cloudEvent('notify-mail-under-test', own.openHandler(own.url, SHORT_TIMEOUT_MS));
      pushed = await openPushedFunction('notify-mail-under-test');
      topic = openTopic(pushed.topic);
    });
    afterEach(async () => {
      await topic.close();
      await pushed.close();
      printed.restore();
    });

    it('brings every request to the mail API once, through failures of all kinds and doubled messages', async () => {
      await own.setFaults({ next: ['down', 500, 'lost', 429, 'slow'] });
      const requests = Array.from({ length: 5 }, (_, index) => ({ ...own.request, list: `list-${index}` }));
      for (const each of [...requests, ...requests]) await topic.publish(each, { receivedAt: RECEIVED_AT });
      const done = async () => {
        const { attempts } = await own.shown();
        return attempts.filter(({ answer }) => answer === 202 || answer === 200).length >= 2 * requests.length;
      };
      await until(done, { what: 'the acknowledgement of every message' });
      const { taken, requests: arrived, attempts } = await own.shown();
      assert.equal(taken, requests.length);
      assert.deepEqual(arrived.map((each) => each.request.list).sort(), requests.map(({ list }) => list).sort());
      assert.equal(new Set(attempts.map(({ key }) => key)).size, requests.length);
    });
  });
});
