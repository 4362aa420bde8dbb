import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { http } from '@google-cloud/functions-framework';
import { type Kind, objectName } from '../../shared/event/object-name.ts';
import { openArchive } from '../../shared/stores/archive/archive.ts';
import { ownBucket } from '../../shared/testing/stores.ts';
import { openIntake } from '../collect/intake.ts';
import { answerTooLarge, type Dependencies, route } from '../collect/routes.ts';
import { takeRequests } from '../collect/take-requests.ts';
import { frameworkServer } from './framework-server.ts';

export const FORM = 'application/x-www-form-urlencoded';

export interface Posted {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** An answer, whose body is JSON. */
export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  body: { success?: boolean; id?: string; error?: string; field?: string; message?: string };
}

/** collect on the Functions Framework's own server, with a bucket of a test's own. */
export interface OwnCollect {
  port: number;
  /** Read for each request: a test may change them. */
  dependencies: Dependencies;
  /** A request, a POST unless it says otherwise. */
  send(path: string, request?: Posted): Promise<Answer>;
  postForm(body: string | Buffer, headers?: Record<string, string>): Promise<Answer>;
  /** The object that was stored for a request, which has to have been accepted. */
  storedText(answer: Answer, kind?: Kind): Promise<string>;
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
  const send: OwnCollect['send'] = async (path, { method = 'POST', headers = {}, body } = {}) => {
    const sent = request({ port, path, method, headers });
    sent.end(body);
    const [response] = await once(sent, 'response');
    const text = Buffer.concat(await response.toArray()).toString();
    assert.equal(response.headers['content-type'], 'application/json');
    return { status: response.statusCode, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
  };
  const objects: OwnCollect['objects'] = async (prefix = '') => {
    const [files] = await bucket.getFiles({ prefix });
    const texts = files.map(async (file) => [file.name, (await file.download())[0].toString()] as const);
    return Object.fromEntries(await Promise.all(texts));
  };
  return {
    port,
    dependencies,
    send,
    postForm: (body, headers = {}) => send('/track', { headers: { 'content-type': FORM, ...headers }, body }),
    storedText: async ({ status, body }, kind = 'track') => {
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(body.success, true);
      const [text] = Object.values(await objects(objectName(kind, now.toISOString(), body.id ?? '')));
      assert.ok(text);
      return text;
    },
    objects,
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
