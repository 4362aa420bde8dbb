import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Storage, type StorageOptions } from '@google-cloud/storage';
import { type ObjectBytes, openObjectBytes } from './object-bytes.ts';

const NAME = 'track/2026/03/09/07/an event.json';
const TEXT = '{"site":"Söhne 商店"}';

interface Request {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** The connection's number. */
  connection: number;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

describe('openObjectBytes', () => {
  let server: Server;
  let requests: Request[];
  let answers: Answer[];
  let options: StorageOptions;
  const connections: unknown[] = [];

  before(async () => {
    server = createServer(async (request, response) => {
      const { method = '', url = '', headers, socket } = request;
      if (!connections.includes(socket)) connections.push(socket);
      const body = Buffer.concat(await request.toArray());
      requests.push({ method, url, headers, body, connection: connections.indexOf(socket) });
      const answer = answers.length > 1 ? (answers.shift() as Answer) : (answers[0] as Answer);
      answer(response, request);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    requests = [];
    const apiEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    // given, for the environment's would come first
    options = { projectId: 'p', apiEndpoint, retryOptions: { maxRetryDelay: 0.001 } };
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Opens it as if no emulator were set. */
  function open(more: StorageOptions = {}): ObjectBytes {
    const given = process.env.STORAGE_EMULATOR_HOST;
    delete process.env.STORAGE_EMULATOR_HOST;
    try {
      return openObjectBytes(new Storage({ ...options, ...more }), 'a-bucket');
    } finally {
      if (given !== undefined) process.env.STORAGE_EMULATOR_HOST = given;
    }
  }

  const says =
    (status: number, body: unknown = {}, headers: Record<string, string> = {}): Answer =>
    (response) =>
      void response.writeHead(status, headers).end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
  const cuts: Answer = (_, request) => void request.socket.destroy();

  it('sends an object that must be new, with its type and the checksum of its bytes', async () => {
    answers = [says(200)];
    await open().create(NAME, TEXT);
    const [{ method, url, headers, body }] = requests as [Request];
    assert.equal(method, 'POST');
    assert.equal(
      url,
      `/upload/storage/v1/b/a-bucket/o?uploadType=multipart&ifGenerationMatch=0&name=${encodeURIComponent(NAME)}`,
    );
    const boundary = /boundary=(\S+)$/.exec(headers['content-type'] ?? '')?.[1];
    const [, resource, media, end] = body.toString().split(`--${boundary}`);
    const [bytes, json] = [media, resource].map((part) => part?.split('\r\n\r\n')[1]?.replace(/\r\n$/, '') ?? '');
    assert.deepEqual([bytes, end], [TEXT, '--']);
    assert.deepEqual(JSON.parse(json ?? ''), {
      contentType: 'application/json',
      md5Hash: createHash('md5').update(TEXT).digest('base64'),
    });
  });

  for (const { title, answer } of [
    { title: 'is overloaded', answer: says(503) },
    { title: 'asks to slow down', answer: says(429) },
    { title: 'cuts the connection', answer: cuts },
  ])
    it(`tries again what the service did not take when it ${title}`, async () => {
      answers = [answer, answer, says(200)];
      await open().create(NAME, TEXT);
      assert.ok(requests.length >= 3);
      assert.deepEqual(new Set(requests.map(({ body }) => body.toString())).size, 1, 'the same each time');
    });

  it('gives up as the client library does: after three more', async () => {
    answers = [says(503, { error: { message: 'not now' } })];
    await assert.rejects(open().create(NAME, TEXT), { name: 'StorageError', code: 503, message: 'not now' });
    assert.equal(requests.length, 4);
  });

  it('tries a refusal no second time, and gives its words', async () => {
    answers = [says(403, { error: { code: 403, message: 'no storage.objects.create access' } })];
    await assert.rejects(open().create(NAME, TEXT), { code: 403, message: 'no storage.objects.create access' });
    assert.equal(requests.length, 1);
  });

  it('uses a connection again, and takes one that was closed meanwhile for no failure', async () => {
    answers = [says(200), says(200), cuts, says(200)];
    const objects = open({ retryOptions: { maxRetries: 0 } });
    for (const name of ['a', 'b', 'c']) await objects.create(name, TEXT);
    const [first, second, third, fourth] = requests.map(({ connection }) => connection);
    assert.deepEqual([second, third], [first, first]);
    assert.notEqual(fourth, first);
    assert.equal(requests.length, 4);
  });

  it('shows the token of the client library, and an endpoint of its own none', async () => {
    answers = [says(200)];
    const authClient = { getRequestHeaders: async () => ({ Authorization: 'Bearer a-token' }) };
    const storage = { authClient: authClient as unknown as NonNullable<StorageOptions['authClient']> };
    await open({ ...storage, useAuthWithCustomEndpoint: true }).create(NAME, TEXT);
    await open(storage).create(NAME, TEXT);
    assert.deepEqual(
      requests.map(({ headers }) => headers.authorization),
      ['Bearer a-token', undefined],
    );
  });

  it('reads what is there, and says what is not', async () => {
    answers = [says(200, Buffer.from(TEXT)), says(404, { error: { message: 'No such object' } })];
    const objects = open();
    assert.equal(String(await objects.read(NAME, 100)), TEXT);
    assert.equal(await objects.read(NAME, 100), undefined);
    assert.equal(requests[0]?.url, `/storage/v1/b/a-bucket/o/${encodeURIComponent(NAME)}?alt=media`);
  });

  it('reads again what came with other bytes than it has', async () => {
    const md5 = createHash('md5').update(TEXT).digest('base64');
    const headers = { 'x-goog-hash': `crc32c=AAAAAA==,md5=${md5}` };
    answers = [says(200, Buffer.from('{"site":"changed"}'), headers), says(200, Buffer.from(TEXT), headers)];
    assert.equal(String(await open().read(NAME, 100)), TEXT);
    assert.equal(requests.length, 2);
  });
});
