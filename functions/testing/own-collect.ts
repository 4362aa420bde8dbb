import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { http } from '@google-cloud/functions-framework';
import { openArchive } from '../../shared/stores/archive/archive.ts';
import { ownBucket } from '../../shared/testing/stores.ts';
import { openIntake } from '../collect/intake.ts';
import { answerTooLarge, type Dependencies, route } from '../collect/routes.ts';
import { takeRequests } from '../collect/take-requests.ts';
import { frameworkServer } from './framework-server.ts';

/** collect on the Functions Framework's own server, with a bucket of a test's own. */
export interface OwnCollect {
  port: number;
  /** Read for each request: a test may change them. */
  dependencies: Dependencies;
  /** The objects whose name begins so, by name. */
  objects(prefix?: string): Promise<Record<string, string>>;
  /** A connection that says nothing of its own; what breaks it is in `errors`. */
  connect(): Promise<Socket & { errors: Error[] }>;
  /** How many connections the server has. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export async function openOwnCollect(now: Date): Promise<OwnCollect> {
  const bucket = await ownBucket();
  const dependencies: Dependencies = {
    archive: openArchive({ bucket: bucket.name }),
    forwardedHops: 0,
    now: () => now,
    log: () => {},
    intake: openIntake({ now: () => now, log: () => {} }),
  };
  http('collect', (request, response) => route(request, response, dependencies));
  const server = frameworkServer('collect');
  takeRequests(server, answerTooLarge);
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    dependencies,
    objects: async (prefix = '') => {
      const [files] = await bucket.getFiles({ prefix });
      const texts = files.map(async (file) => [file.name, (await file.download())[0].toString()] as const);
      return Object.fromEntries(await Promise.all(texts));
    },
    connect: async () => {
      const errors: Error[] = [];
      const socket = Object.assign(connect({ port, host: '127.0.0.1', allowHalfOpen: true }), { errors });
      socket.on('error', (error) => errors.push(error));
      await once(socket, 'connect');
      return socket;
    },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await bucket.deleteFiles({ force: true });
      await bucket.delete();
    },
  };
}
