import { pathToFileURL } from 'node:url';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { type EmulatorOptions, requireFree, runAlone, type StartEmulator } from '../emulator.ts';
import { publisherMethods } from './publisher.ts';
import { createPusher } from './push.ts';
import { State } from './state.ts';
import { subscriberMethods } from './subscriber.ts';
import { loadServices } from './wire.ts';

/** How long pushes in flight may take to end when the emulator stops; later ones come again after the next start. */
const PUSH_DRAIN_MS = 3_000;
/** How long clients may take to close their connections when the emulator stops. */
const CLIENT_DRAIN_MS = 500;

/**
 * Google Cloud Pub/Sub over gRPC, without credentials: topics, publishing, pull, streaming pull and push subscriptions
 * with filters, retry policies and dead letters. Refused with UNIMPLEMENTED: ordering keys, seeking, snapshots, schemas,
 * exactly-once delivery, retained acknowledged messages, exports, transforms, detaching, IAM. Subscriptions do not expire.
 * Push tokens are unsigned.
 */
export const startPubsub: StartEmulator = async ({ port = 0, dataDir }: EmulatorOptions = {}) => {
  const services = loadServices();
  const state = await State.open(dataDir);
  const pusher = createPusher((subscription, ackId, acknowledged) => {
    if (acknowledged) state.removeInBackground(subscription, subscription.messagesOf([ackId]));
    else subscription.modifyAckDeadline(ackId, 0);
  });
  // the service's own limit on a request is checked by Publish, with the service's own words
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(services.publisher, publisherMethods(state));
  server.addService(services.subscriber, subscriberMethods(state, pusher));
  const bound = await bind(server, port).catch(async (error) => {
    await state.close();
    throw error;
  });
  const address = `127.0.0.1:${bound}`;
  for (const subscription of state.subscriptions.values()) pusher.attach(subscription);
  return {
    url: address,
    env: { PUBSUB_EMULATOR_HOST: address },
    async stop() {
      // what is being pushed may publish: the server stays until the pushes are over
      await pusher.stop(PUSH_DRAIN_MS);
      state.endDeliveries();
      await shutDown(server);
      await state.close();
    },
  };
};

async function bind(server: Server, port: number): Promise<number> {
  // gRPC only logs why it cannot have a port; this says it
  await requireFree(port);
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}

async function shutDown(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, CLIENT_DRAIN_MS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  server.forceShutdown();
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runAlone('pubsub', startPubsub);
}
