import assert from 'node:assert/strict';
import { until } from '../../shared/testing/until.ts';
import { type PushEndpoint, startPushEndpoint } from './contract-endpoint.ts';
import { DEADLINE_MS, itUnlessGoogle, type Target } from './contract-target.ts';

/** Each test has a new endpoint. */
interface Pushed {
  endpoint: PushEndpoint;
}

const wait = (what: string, check: () => boolean) => until(check, { deadlineMs: DEADLINE_MS, what });

/** Push subscriptions. */
export function describePushing(target: Target): void {
  describe('push', () => {
    const pushed = {} as Pushed;
    beforeEach(async () => {
      pushed.endpoint = await startPushEndpoint();
    });
    afterEach(() => pushed.endpoint.stop());
    requestsOfPushes(target, pushed);
    answersToPushes(target, pushed);
    changesOfPushes(target, pushed);
    tokensOfPushes(target, pushed);
    endOfPushes(target, pushed);
  });
}

function requestsOfPushes(target: Target, pushed: Pushed): void {
  it('posts the wrapped message to the whole URL of the endpoint', async () => {
    const topic = await target.topic();
    const pushEndpoint = `${pushed.endpoint.url}/projects/p/topics/t?a=b`;
    const subscription = await target.subscription(topic, { pushConfig: { pushEndpoint } });
    const message = { data: Buffer.from('hällo'), attributes: { k: 'v' } };
    const [{ messageIds }] = await target.publisher.publish({ topic, messages: [message] });
    await wait('a push', () => pushed.endpoint.requests.length > 0);
    const { method, url, headers, body } = pushed.endpoint.requests[0] ?? assert.fail();
    assert.deepEqual(
      { method, url, type: headers['content-type'] },
      { method: 'POST', url: '/projects/p/topics/t?a=b', type: 'application/json' },
    );
    const { publishTime } = body.message;
    assert.match(publishTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const messageId = messageIds?.[0];
    assert.deepEqual(body, {
      message: {
        attributes: { k: 'v' },
        data: message.data.toString('base64'),
        messageId,
        message_id: messageId,
        publishTime,
        publish_time: publishTime,
      },
      subscription,
    });
  });

  itUnlessGoogle(target, 'always sends attributes, and an empty data', 'leaves out what is empty', async () => {
    const topic = await target.topic();
    await target.subscription(topic, { pushConfig: { pushEndpoint: pushed.endpoint.url } });
    await target.publish(topic, 'a');
    await target.publisher.publish({ topic, messages: [{ attributes: { k: 'v' } }] });
    await wait('both pushes', () => pushed.endpoint.requests.length === 2);
    const keys = pushed.endpoint.requests.map(({ body }) =>
      Object.keys(body.message).filter((key) => !/id|time/i.test(key)),
    );
    assert.deepEqual(keys, [['data'], ['attributes']]);
  });
}

function answersToPushes(target: Target, pushed: Pushed): void {
  itUnlessGoogle(
    target,
    'one try in seconds',
    'takes 200, 201, 202 and 204 as done, and tries again else',
    async () => {
      const topic = await target.topic();
      const statuses = [200, 201, 202, 204, 203, 206, 301, 404, 429, 500, 0];
      const count = (status: number) => pushed.endpoint.requests.filter(({ url }) => url === `/${status}`).length;
      pushed.endpoint.answer = ({ url }) => (count(Number(url?.slice(1))) === 1 ? Number(url?.slice(1)) : 204);
      for (const status of statuses) {
        await target.subscription(topic, { pushConfig: { pushEndpoint: `${pushed.endpoint.url}/${status}` } });
      }
      await target.publish(topic, 'a');
      await wait('all pushes', () => pushed.endpoint.requests.length >= 2 * statuses.length - 4);
      assert.deepEqual(statuses.map(count), [1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2]);
    },
  );

  it('goes on until it is acknowledged, and then ends in no dead letter', async () => {
    const [topic, deadLetterTopic] = [await target.topic(), await target.topic()];
    const letters = await target.subscription(deadLetterTopic);
    const retryPolicy = { minimumBackoff: { nanos: 10e6 }, maximumBackoff: { nanos: 10e6 } };
    await target.subscription(topic, {
      pushConfig: { pushEndpoint: pushed.endpoint.url },
      deadLetterPolicy: { deadLetterTopic },
      retryPolicy,
    });
    pushed.endpoint.answer = () => (pushed.endpoint.requests.length < 2 ? 500 : 204);
    await target.publish(topic, 'a');
    await wait('the second push', () => pushed.endpoint.requests.length === 2);
    assert.deepEqual(await target.backlog(letters), []);
  });

  itUnlessGoogle(target, 'sends no deliveryAttempt', 'counts the attempts up to the dead letter', async () => {
    const [topic, deadLetterTopic] = [await target.topic(), await target.topic()];
    const letters = await target.subscription(deadLetterTopic);
    await target.subscription(topic, {
      pushConfig: { pushEndpoint: pushed.endpoint.url },
      deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 },
    });
    pushed.endpoint.answer = () => 500;
    await target.publish(topic, 'a');
    assert.equal((await target.take(letters)).length, 1);
    assert.deepEqual(
      pushed.endpoint.requests.map(({ body }) => body.deliveryAttempt),
      [1, 2, 3, 4, 5],
    );
  });
}

function changesOfPushes(target: Target, pushed: Pushed): void {
  it('moves to another endpoint without losing a message, and to pull and back', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic, { pushConfig: { pushEndpoint: 'http://127.0.0.1:1/' } });
    await target.publish(topic, 'a', 'b', 'c');
    await target.subscriber.modifyPushConfig({ subscription, pushConfig: { pushEndpoint: pushed.endpoint.url } });
    await wait('all pushes', () => pushed.endpoint.requests.length >= 3);
    const data = pushed.endpoint.requests.map(({ body }) => Buffer.from(body.message.data, 'base64').toString());
    assert.deepEqual([...new Set(data)].sort(), ['a', 'b', 'c']);
    await target.pubsub.subscription(subscription).modifyPushConfig({ pushEndpoint: '' });
    await target.publish(topic, 'd');
    const received = await target.take(subscription);
    await target.modifyAckDeadline(subscription, received, 0);
    const before = pushed.endpoint.requests.length;
    const update = { name: subscription, pushConfig: { pushEndpoint: pushed.endpoint.url } };
    await target.subscriber.updateSubscription({ subscription: update, updateMask: { paths: ['push_config'] } });
    await wait('the last push', () => pushed.endpoint.requests.length > before);
  });
}

function tokensOfPushes(target: Target, pushed: Pushed): void {
  itUnlessGoogle(target, 'no tokens', 'carries a token for the endpoint, or the audience asked for', async () => {
    const topic = await target.topic();
    for (const audience of ['', 'https://somewhere.example']) {
      const oidcToken = { serviceAccountEmail: 'push@p.example', audience };
      await target.subscription(topic, { pushConfig: { pushEndpoint: `${pushed.endpoint.url}/x`, oidcToken } });
    }
    await target.publish(topic, 'a');
    await wait('both pushes', () => pushed.endpoint.requests.length === 2);
    const claims = pushed.endpoint.requests.map(({ headers }) => {
      const [, token] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
      return JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
    });
    assert.deepEqual(
      claims.map(({ aud }) => aud).sort(),
      [`${pushed.endpoint.url}/x`, 'https://somewhere.example'].sort(),
    );
    for (const { email, iss, iat, exp } of claims) {
      assert.deepEqual({ email, iss }, { email: 'push@p.example', iss: 'https://accounts.google.com' });
      assert.ok(exp > Date.now() / 1000 && exp - iat === 3600);
    }
  });
}

function endOfPushes(target: Target, pushed: Pushed): void {
  it('ends with the subscription', async () => {
    const topic = await target.topic();
    const subscription = await target.subscription(topic, { pushConfig: { pushEndpoint: pushed.endpoint.url } });
    pushed.endpoint.answer = () => 500;
    await target.publish(topic, 'a');
    await wait('a push', () => pushed.endpoint.requests.length > 0);
    await target.subscriber.deleteSubscription({ subscription });
    const before = pushed.endpoint.requests.length;
    await target.subscription(topic, { pushConfig: { pushEndpoint: `${pushed.endpoint.url}/other` } });
    pushed.endpoint.answer = () => 204;
    await target.publish(topic, 'b');
    await wait('the other push', () => pushed.endpoint.requests.some(({ url }) => url === '/other'));
    assert.equal(pushed.endpoint.requests.length, before + 1);
  });
}
