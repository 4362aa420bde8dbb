import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import {
  type GrpcObject,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import sinon from 'sinon';
import { until } from '../../shared/testing/until.ts';
import { Outbox } from './outbox.ts';
import { openPublisher } from './publish.ts';

interface PublishRequest {
  topic: string;
  messages: { data: Buffer; attributes: Record<string, string> }[];
}

/** The protocol as the client ships it. */
const protocol = createRequire(import.meta.url)('@google-cloud/pubsub/build/protos/protos.json');

/** A Pub/Sub that takes messages, and refuses the first `refusals` calls with `code`. */
async function startTopics(port: number, { refusals = 0, code = 14 } = {}) {
  const loaded = loadPackageDefinition(fromJSON(protocol, {}));
  const { v1 } = (loaded.google as GrpcObject).pubsub as GrpcObject;
  const { service } = (v1 as GrpcObject).Publisher as ServiceClientConstructor;
  const taken: (PublishRequest['messages'][number] & { topic: string })[] = [];
  let calls = 0;
  const server = new Server();
  server.addService(service, {
    Publish: ({ request }: { request: PublishRequest }, reply: (error: object | null, result?: object) => void) => {
      calls += 1;
      if (calls <= refusals) return reply({ code, details: 'not now' });
      taken.push(...request.messages.map((message) => ({ ...message, topic: request.topic })));
      reply(null, { messageIds: request.messages.map((_, index) => String(index)) });
    },
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, got) =>
      error ? reject(error) : resolve(got),
    );
  });
  return { port: bound, taken, stop: () => server.forceShutdown() };
}

describe('publisher', () => {
  let host: string | undefined;
  const notice = { id: 1, topic: 'projects/p/topics/t', attributes: { objectId: 'ü/1', eventType: 'X' }, data: '{}\n' };
  beforeEach(() => {
    host = process.env.PUBSUB_EMULATOR_HOST;
    sinon.stub(console, 'error');
  });
  afterEach(() => {
    sinon.restore();
    if (host === undefined) delete process.env.PUBSUB_EMULATOR_HOST;
    else process.env.PUBSUB_EMULATOR_HOST = host;
  });

  /** Publishes through an outbox until `server`'s topics have it. */
  async function deliver(port: number, notices = [notice]) {
    process.env.PUBSUB_EMULATOR_HOST = `127.0.0.1:${port}`;
    const publisher = openPublisher();
    const done: number[] = [];
    const outbox = new Outbox(publisher.publish, ({ id }) => done.push(id));
    for (const each of notices) outbox.add(each);
    return {
      done: () => until(() => done.length === notices.length, { what: 'all published' }),
      close: async () => {
        await outbox.stop();
        await publisher.close();
      },
    };
  }

  it('sends attributes and data as they are, and no data as none', async () => {
    const topics = await startTopics(0);
    const delivery = await deliver(topics.port, [notice, { ...notice, id: 2, data: '' }]);
    await delivery.done();
    assert.deepEqual(
      topics.taken.map(({ topic, attributes, data }) => [topic, attributes, String(data)]),
      [
        ['projects/p/topics/t', notice.attributes, '{}\n'],
        ['projects/p/topics/t', notice.attributes, ''],
      ],
    );
    await delivery.close();
    topics.stop();
  });

  for (const { name, code } of [
    { name: 'UNAVAILABLE', code: 14 },
    { name: 'NOT_FOUND', code: 5 },
  ])
    it(`gets through soon after ${name}`, async () => {
      const topics = await startTopics(0, { refusals: 3, code });
      const delivery = await deliver(topics.port);
      await delivery.done();
      assert.equal(topics.taken.length, 1);
      await delivery.close();
      topics.stop();
    });

  it('gets through soon after Pub/Sub comes up', async () => {
    const first = await startTopics(0);
    first.stop();
    const delivery = await deliver(first.port);
    await new Promise((resolve) => setImmediate(resolve));
    const topics = await startTopics(first.port);
    await delivery.done();
    await delivery.close();
    topics.stop();
  });
});
