import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { type Bucket, type File, Storage } from '@google-cloud/storage';
import type { Emulator } from '../emulator.ts';
import { givenVariable } from '../emulator.ts';
import { startStorage } from './index.ts';

const otherEmulator = givenVariable('STORAGE_EMULATOR_HOST');
const realBucket = process.env.SITEBEAT_TEST_BUCKET;
/** The service itself, with a bucket of one's own. */
const isService = !otherEmulator && !!realBucket && !!process.env.GOOGLE_APPLICATION_CREDENTIALS;
const isOurs = !otherEmulator && !isService;
const projectId = 'contract';

/** The client takes the host from the environment only. */
function clientOf(url: string): Storage {
  const before = process.env.STORAGE_EMULATOR_HOST;
  process.env.STORAGE_EMULATOR_HOST = url;
  const client = new Storage({ projectId });
  if (before === undefined) delete process.env.STORAGE_EMULATOR_HOST;
  else process.env.STORAGE_EMULATOR_HOST = before;
  return client;
}

const codeOf = (code: number) => (error: unknown) => {
  assert.equal((error as { code?: unknown }).code, code, String(error));
  return true;
};

interface ErrorBody {
  error: { code: number; message: string };
}

describe('storage contract', () => {
  let emulator: Emulator | undefined;
  let storage: Storage;
  let bucket: Bucket;
  const folder = `contract-${randomUUID()}/`;
  const named = (name: string): File => bucket.file(`${folder}${name}`);

  before(async () => {
    if (isOurs) emulator = await startStorage();
    storage = isService ? new Storage() : clientOf(emulator?.url ?? String(otherEmulator));
    bucket = storage.bucket(isService ? String(realBucket) : `contract-${randomUUID()}`);
    if (!isService) await bucket.create();
  });
  after(async () => {
    await bucket.deleteFiles({ prefix: folder, force: true });
    await emulator?.stop();
  });

  describe('buckets (not on the service: one bucket is given)', () => {
    beforeEach(function () {
      if (isService) this.skip();
    });

    it('finds and lists a bucket that was made, and makes it once only', async () => {
      const made = storage.bucket(`made-${randomUUID()}`);
      assert.deepEqual(await made.exists(), [false]);
      await made.create({ location: 'europe-west1' });
      assert.deepEqual(await made.exists(), [true]);
      const [buckets] = await storage.getBuckets();
      assert.equal(buckets.filter(({ name }) => name === made.name).length, 1);
      assert.equal((await made.getMetadata())[0].location, 'EUROPE-WEST1');
      await assert.rejects(made.create(), codeOf(409));
    });

    it('deletes a bucket only when it is empty', async () => {
      const made = storage.bucket(`made-${randomUUID()}`);
      await made.create();
      await made.file('x').save('x', { resumable: false });
      await assert.rejects(made.delete(), codeOf(409));
      await made.file('x').delete();
      await made.delete();
      assert.deepEqual(await made.exists(), [false]);
    });

    it('refuses an upload to a bucket that is not there', async () => {
      await assert.rejects(storage.bucket('not-there').file('x').save('x', { resumable: false }), codeOf(404));
    });
  });

  describe('an upload', () => {
    it('keeps bytes, hashes, type and metadata', async () => {
      const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, at) => (at * at) % 251));
      const file = named(`whole.json`);
      const metadata = {
        contentType: 'application/json',
        cacheControl: 'no-store',
        metadata: { source: 'unit', é: 'ü' },
      };
      await file.save(bytes, { resumable: false, metadata });
      const [stored] = await file.getMetadata();
      assert.equal(Number(stored.size), bytes.length);
      assert.equal(stored.md5Hash, createHash('md5').update(bytes).digest('base64'));
      assert.equal(stored.contentType, 'application/json');
      assert.equal(stored.cacheControl, 'no-store');
      assert.deepEqual(stored.metadata, { source: 'unit', é: 'ü' });
      assert.equal(String(stored.metageneration), '1');
      assert.equal(stored.id, `${bucket.name}/${file.name}/${stored.generation}`);
      // the client compares crc32c itself
      assert.ok((await file.download())[0].equals(bytes));
    });

    it('with ifGenerationMatch 0 makes the object once, however many try at a time', async () => {
      const file = `${folder}once`;
      const save = (text: string) =>
        bucket.file(file).save(text, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
      const tries = await Promise.allSettled(['a', 'b', 'c', 'd'].map(save));
      const failures = tries.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      assert.deepEqual(
        failures.map(({ code }) => code),
        [412, 412, 412],
      );
      const winner = ['a', 'b', 'c', 'd'][tries.findIndex(({ status }) => status === 'fulfilled')];
      assert.equal(String((await bucket.file(file).download())[0]), winner);
    });

    it('replaces just the generation that it names', async () => {
      const file = named(`replaced`);
      await file.save('1', { resumable: false });
      const first = Number(file.metadata.generation);
      await file.save('2', { resumable: false, preconditionOpts: { ifGenerationMatch: first } });
      assert.ok(Number(file.metadata.generation) > first);
      const again = file.save('3', { resumable: false, preconditionOpts: { ifGenerationMatch: first } });
      await assert.rejects(again, codeOf(412));
      assert.equal(String((await file.download())[0]), '2');
    });

    it('refuses bytes that do not have the declared hash, and stores nothing', async () => {
      const file = named(`torn`);
      const metadata = { md5Hash: createHash('md5').update('other').digest('base64') };
      await assert.rejects(file.save('bytes', { resumable: false, metadata, validation: false }));
      assert.deepEqual(await file.exists(), [false]);
    });
  });

  it('stores an empty object', async () => {
    await named('empty').save('', { resumable: false });
    assert.equal((await named('empty').download())[0].length, 0);
  });

  it('takes names as they are', async () => {
    for (const name of ['a b+c', 'ü/%2F/ö', '?x=1&y#z', "it's (1)*", '日本語', '😀', 'dots/../x', 'o/b/o', '//']) {
      await named(name).save(name, { resumable: false });
      assert.equal(String((await named(name).download())[0]), name);
      assert.equal((await named(name).getMetadata())[0].name, `${folder}${name}`);
    }
  });

  it('gives a generation in microseconds, higher with each write', async () => {
    const now = Date.now() * 1000;
    const generations: number[] = [];
    for (let write = 0; write < 5; write += 1) {
      const file = named(`rising-${write}`);
      await file.save('x', { resumable: false });
      generations.push(Number(file.metadata.generation));
    }
    assert.deepEqual(
      generations,
      [...new Set(generations)].sort((a, b) => a - b),
    );
    for (const generation of generations) assert.ok(Math.abs(generation - now) < 3600e6);
  });

  describe('an object', () => {
    let file: File;
    beforeEach(async () => {
      file = named(randomUUID());
      await file.save('0123456789', { resumable: false, metadata: { metadata: { a: '1', b: '2' } } });
    });

    it('is read in ranges', async () => {
      assert.equal(String((await file.download({ start: 1, end: 3 }))[0]), '123');
      assert.equal(String((await file.download({ start: 7 }))[0]), '789');
      await assert.rejects(file.download({ start: 10 }), codeOf(416));
    });

    it('is not found by another generation, nor under another name', async () => {
      await assert.rejects(bucket.file(file.name, { generation: 1 }).download(), codeOf(404));
      await assert.rejects(bucket.file(file.name, { generation: 1 }).getMetadata(), codeOf(404));
      assert.deepEqual(await named('no such').exists(), [false]);
      await assert.rejects(named('no such').download(), codeOf(404));
    });

    it('is deleted once, and in the named generation only', async () => {
      await assert.rejects(file.delete({ ifGenerationMatch: 1 }), codeOf(412));
      assert.equal((await file.delete())[0].statusCode, 204);
      assert.deepEqual(await file.exists(), [false]);
      await assert.rejects(file.delete(), codeOf(404));
      await file.delete({ ignoreNotFound: true });
    });
  });

  describe('a listing', () => {
    const names = ['a', 'b/1', 'b/2', 'b/c/3', 'b0', 'c/x', 'ﬀ', '😀'];
    const list = async (query: object): Promise<string[]> => {
      const [files] = await bucket.getFiles({ prefix: `${folder}list/`, ...query });
      return files.map(({ name }) => name.slice(folder.length + 5));
    };
    before(() => Promise.all(names.map((name) => named(`list/${name}`).save(name, { resumable: false }))));

    it('has the names in the order of their UTF-8 bytes', async () => {
      assert.deepEqual(await list({}), names);
    });

    it('is the same in pages of any size', async () => {
      for (const maxResults of [1, 2, 3, 8]) {
        const found: string[] = [];
        let query: object | null = { prefix: `${folder}list/`, maxResults, autoPaginate: false };
        while (query) {
          const [files, next]: [File[], object | null, unknown] = await bucket.getFiles(query);
          assert.ok(files.length <= maxResults);
          found.push(...files.map(({ name }) => name.slice(folder.length + 5)));
          query = next;
        }
        assert.deepEqual(found, names);
      }
    });

    it('groups names by a delimiter', async () => {
      const query = { prefix: `${folder}list/`, delimiter: '/', autoPaginate: false };
      const [files, , page] = await bucket.getFiles(query);
      assert.deepEqual((page as { prefixes: string[] }).prefixes, [`${folder}list/b/`, `${folder}list/c/`]);
      assert.deepEqual(
        files.map(({ name }) => name.slice(folder.length + 5)),
        ['a', 'b0', 'ﬀ', '😀'],
      );
    });

    it('goes from startOffset up to endOffset', async () => {
      const [startOffset, endOffset] = [`${folder}list/b/2`, `${folder}list/c/x`];
      assert.deepEqual(await list({ startOffset, endOffset }), ['b/2', 'b/c/3', 'b0']);
    });
  });

  it('refuses a resumable upload, and says what to do instead (only this emulator; the service can)', async function () {
    if (!isOurs) this.skip();
    await assert.rejects(named('resumable').save('x'), ({ response }: { response?: { data: ErrorBody } }) => {
      const { code, message } = response?.data.error ?? {};
      assert.equal(code, 400);
      assert.match(String(message), /does not support resumable uploads: .*resumable: false/);
      return true;
    });
    assert.deepEqual(await named('resumable').exists(), [false]);
  });

  it('says what it cannot do (only this emulator; the service can)', async function () {
    if (!isOurs) this.skip();
    await assert.rejects(bucket.combine([named('a'), named('b')], named('c')), codeOf(400));
    await assert.rejects(bucket.acl.get(), codeOf(400));
    await named('a').save('x', { resumable: false });
    await assert.rejects(named('a').setMetadata({ contentType: 'text/x' }), codeOf(400));
    await assert.rejects(named('a').copy(named('b')), codeOf(400));
    await assert.rejects(named('z').save('x', { resumable: false, gzip: true }), codeOf(400));
    await assert.rejects(storage.createBucket('versioned', { versioning: { enabled: true } }), codeOf(400));
    await assert.rejects(bucket.createNotification('topic'), codeOf(400));
  });
});
