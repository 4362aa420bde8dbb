import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Bucket } from '@google-cloud/storage';
import { stringifyStoredEvent } from '../../event/envelope.ts';
import { hourPrefix } from '../../event/object-name.ts';
import { capturedEvent } from '../../testing/events.ts';
import { IS_PROOF } from '../../testing/in-proof.ts';
import { ownBucket } from '../../testing/stores.ts';
import { type Archive, openArchive } from './archive.ts';

const HUGE = Buffer.alloc(50 * 1024 * 1024);

async function namesOf(names: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = [];
  for await (const name of names) list.push(name);
  return list;
}

/** Works on a storage service that forbids everything, in its own words. Gives the name of the error of that. */
async function withRefusingStorage(message: string, work: () => Promise<void>): Promise<string | undefined> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(403, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ error: { code: 403, message, errors: [{ message, reason: 'forbidden' }] } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const given = process.env.STORAGE_EMULATOR_HOST;
  process.env.STORAGE_EMULATOR_HOST = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await work().then(
      () => undefined,
      (error: Error) => error.name,
    );
  } finally {
    if (given === undefined) delete process.env.STORAGE_EMULATOR_HOST;
    else process.env.STORAGE_EMULATOR_HOST = given;
    server.closeAllConnections();
    server.close();
  }
}

describe('openArchive', () => {
  let bucket: Bucket;
  let archive: Archive;
  before(async () => {
    bucket = await ownBucket();
    archive = openArchive({ bucket: bucket.name });
  });
  after(async () => {
    await bucket.deleteFiles({ force: true });
    await bucket.delete();
  });

  const HOUR = hourPrefix('track', new Date('2026-03-09T07:00:00Z'));
  const event = capturedEvent('track');

  it('gives back what was stored, once it is stored twice as well', async () => {
    await archive.create(event);
    await archive.create({ ...event, payload: {} });
    assert.deepEqual(await archive.read(`${HOUR}${event.id}.json`), event);
  });

  for (const { title, message, stored } of [
    {
      title: 'takes a refusal to replace an object for one that is there',
      message: 'fn does not have storage.objects.delete access to the Google Cloud Storage object.',
      stored: true,
    },
    {
      title: 'does not take a refusal to create one for that',
      message: 'fn does not have storage.objects.create access to the Google Cloud Storage object.',
      stored: false,
    },
  ])
    it(title, async () => {
      const asked = await withRefusingStorage(message, () => openArchive({ bucket: 'a-bucket' }).create(event));
      assert.equal(asked, stored ? undefined : 'TransientError');
    });

  it('knows nothing of an object that is not there', async () => {
    assert.equal(await archive.read(`${HOUR}nothing-here.json`), undefined);
    assert.equal(await archive.remove(`${HOUR}nothing-here.json`), false);
  });

  it('refuses an object that is no event for good', async () => {
    await bucket.file(`${HOUR}not-an-event.json`).save('{"id":', { resumable: false });
    await assert.rejects(archive.read(`${HOUR}not-an-event.json`), {
      name: 'PermanentError',
      reason: 'invalid_object',
    });
    await archive.remove(`${HOUR}not-an-event.json`);
  });

  it('refuses an event under the name of another one', async () => {
    const text = stringifyStoredEvent({ ...event, id: 'somebody-else' });
    const name = `${HOUR}not-its-name.json`;
    await bucket.file(name).save(text, { resumable: false });
    await assert.rejects(archive.read(name), { name: 'PermanentError', reason: 'invalid_object' });
    await archive.remove(name);
  });

  for (const { title, contents, headers } of [
    { title: 'that says it is of 50 MiB, unread', contents: HUGE, headers: { 'content-length': HUGE.length } },
    { title: 'of 50 MiB that does not say so', contents: HUGE, headers: {} },
    { title: 'that grows to 50 MiB', contents: gzipSync(HUGE), headers: { 'content-encoding': 'gzip' } },
  ])
    it(`refuses an object ${title}`, async () => {
      const { STORAGE_EMULATOR_HOST: store } = process.env;
      let isSent = false;
      const server = createServer((_, response) => {
        response.writeHead(200, headers).end(contents, () => {
          isSent = true;
        });
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      process.env.STORAGE_EMULATOR_HOST = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      try {
        const large = openArchive({ bucket: bucket.name });
        await assert.rejects(large.read(`${HOUR}too-large.json`), { reason: 'invalid_object', message: /larger than/ });
        assert.equal(isSent, contents !== HUGE);
      } finally {
        if (store === undefined) delete process.env.STORAGE_EMULATOR_HOST;
        else process.env.STORAGE_EMULATOR_HOST = store;
        server.closeAllConnections();
        server.close();
      }
    });

  const listing = IS_PROOF ? { objects: 1003, pages: 'several pages' } : { objects: 12, pages: 'a page' };

  it(`lists what begins so, in order, over ${listing.pages}`, async () => {
    const ids = Array.from({ length: listing.objects }, (_, n) => `listed-${String(n).padStart(4, '0')}`);
    await Promise.all(ids.map((id) => archive.create({ ...event, id, receivedAt: '2026-03-09T08:00:00.000Z' })));
    const prefix = hourPrefix('track', new Date('2026-03-09T08:00:00Z'));
    assert.deepEqual(
      await namesOf(archive.list(prefix)),
      ids.map((id) => `${prefix}${id}.json`),
    );
    assert.deepEqual(await namesOf(archive.list(HOUR)), [`${HOUR}${event.id}.json`]);
    assert.deepEqual(await namesOf(archive.list('deactivate/')), []);
  });

  it('removes an object, once', async () => {
    assert.equal(await archive.remove(`${HOUR}${event.id}.json`), true);
    assert.equal(await archive.read(`${HOUR}${event.id}.json`), undefined);
    assert.equal(await archive.remove(`${HOUR}${event.id}.json`), false);
  });
});
