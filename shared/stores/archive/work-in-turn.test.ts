import assert from 'node:assert/strict';
import type { Bucket } from '@google-cloud/storage';
import fc from 'fast-check';
import { objectName } from '../../event/object-name.ts';
import { capturedEvent } from '../../testing/events.ts';
import { ownBucket } from '../../testing/stores.ts';
import { until } from '../../testing/until.ts';
import { type Archive, openArchive } from './archive.ts';
import { ObjectTooLargeError } from './object-bytes.ts';
import { MAX_SMALL_BYTES, openLargeObjects, workInTurn } from './work-in-turn.ts';

const MIB = 1024 * 1024;

describe('workInTurn', () => {
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

  async function put(id: string, bytes: number): Promise<string> {
    const event = capturedEvent('track', { id, only: { hash: 'nobody', text: 'x'.repeat(bytes) } });
    await archive.create(event);
    return objectName(event.kind, event.receivedAt, event.id);
  }

  it('lets small ones by while large ones are worked on and wait, and gives what the work gives', async () => {
    const largeObjects = openLargeObjects();
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const started: string[] = [];
    const names = await Promise.all(['a', 'b', 'c'].map((id) => put(`large-${id}`, 400 * 1024)));
    const large = names.map((name) =>
      workInTurn(name, { archive, largeObjects }, async (event) => {
        started.push(name);
        await gate;
        return event?.id;
      }),
    );
    await until(() => started.length >= 2);
    const small = await put('small', MAX_SMALL_BYTES / 2);
    assert.equal(await workInTurn(small, { archive, largeObjects }, async (event) => event?.id), 'small');
    assert.equal(started.length, 2);
    open();
    assert.deepEqual(await Promise.all(large), ['large-a', 'large-b', 'large-c']);
  });

  it('begins as it is told for small ones alone, and knows what is not there', async () => {
    const begun: string[] = [];
    const largeObjects = openLargeObjects();
    for (const name of [await put('one', 10), await put('another', MIB), 'track/2026/03/09/07/nothing.json']) {
      await workInTurn(
        name,
        { archive, largeObjects },
        async (event) => assert.equal(event === undefined, name.includes('nothing')),
        async (prepare, work) => {
          const prepared = await prepare();
          begun.push(name.slice(-12));
          return work(prepared);
        },
      );
    }
    assert.deepEqual(begun, ['/07/one.json', 'nothing.json']);
  });

  it('refuses what collect cannot have written for good', async () => {
    const name = 'track/2026/03/09/07/beyond-all.json';
    await bucket.file(name).save(Buffer.alloc(9 * MIB), { resumable: false });
    const stores = { archive, largeObjects: openLargeObjects() };
    await assert.rejects(
      workInTurn(name, stores, async () => {}),
      { reason: 'invalid_object' },
    );
  });

  it('holds a mebibyte of large ones, or one of any size, and at last works on all', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ bytes: fc.nat(2 * MIB), isToldSize: fc.boolean(), fails: fc.boolean() }), {
          minLength: 1,
          maxLength: 100,
        }),
        async (objects) => {
          const held = new Set<number>();
          const done: number[] = [];
          const heldBytes = () => [...held].reduce((sum, index) => sum + (objects[index]?.bytes ?? 0), 0);
          const read = async (name: string, maxBytes?: number) => {
            const { bytes, isToldSize } = objects[Number(name)] as (typeof objects)[0];
            await new Promise(setImmediate);
            if (maxBytes !== undefined && bytes > maxBytes)
              throw new ObjectTooLargeError(isToldSize ? bytes : undefined);
            if (maxBytes === undefined) held.add(Number(name));
            assert.ok(held.size <= 1 || heldBytes() <= MIB, `${heldBytes()} bytes are held`);
            return undefined;
          };
          const stores = { archive: { read }, largeObjects: openLargeObjects() };
          const works = objects.map(({ fails }, index) =>
            workInTurn(String(index), stores, async () => {
              await new Promise(setImmediate);
              held.delete(index);
              if (fails) throw new Error('failed');
              done.push(index);
            }),
          );
          const outcomes = (await Promise.allSettled(works)).map(({ status }) => status === 'rejected');
          assert.deepEqual(
            outcomes,
            objects.map(({ fails }) => fails),
          );
          assert.equal(done.length, objects.filter(({ fails }) => !fails).length);
        },
      ),
      { numRuns: 30 },
    ));
});
