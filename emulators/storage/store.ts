import { binary, type Durable, json, openDurable, type Table, text } from '../durable.ts';
import { type Conditions, checkWrite } from './conditions.ts';
import { noSuchBucket } from './errors.ts';
import type { Bucket, Notice, StoredObject } from './model.ts';
import { noticesOf, type ObjectEvent } from './notices.ts';
import { Outbox, type Publish } from './outbox.ts';

/** What a new object is made of. */
export type NewObject = Omit<StoredObject, 'generation' | 'createdAt'>;

/** Where an object is in the table; no bucket's name has a slash. Names are in the order of their UTF-8 bytes. */
export const keyOf = (bucket: string, name: string): string => `${bucket}/${name}`;

/**
 * Buckets, objects and the notifications that have yet to be published. A change is durable when its call returns: what an
 * answer says, a refusal too, outlives a kill.
 */
export class Store {
  readonly buckets: Table<string, Bucket>;
  readonly objects: Table<string, StoredObject>;
  #bytes: Table<string, Buffer>;
  #notices: Table<string, Notice>;
  #durable: Durable;
  #outbox: Outbox | undefined;
  #micros = 0;

  private constructor(durable: Durable, publish: Publish | undefined) {
    this.#durable = durable;
    this.buckets = durable.table('buckets', text, json<Bucket>());
    this.objects = durable.table('objects', text, json<StoredObject>());
    this.#bytes = durable.table('bytes', text, binary);
    this.#notices = durable.table('notices', text, json<Notice>());
    if (publish !== undefined) this.#outbox = new Outbox(publish, (notice) => this.#published(notice));
  }

  /** Gives back what the folder holds, and publishes what is pending. */
  static async open(folder: string | undefined, publish: Publish | undefined): Promise<Store> {
    const store = new Store(await openDurable(folder), publish);
    for (const [, notice] of store.#notices.entries()) store.#outbox?.add(notice);
    return store;
  }

  /** Whether somebody takes notifications. */
  get publishes(): boolean {
    return this.#outbox !== undefined;
  }

  /** Fails with the service's 404 where there is no such bucket. */
  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (bucket === undefined) throw noSuchBucket();
    return bucket;
  }

  putBucket(bucket: Bucket): void {
    this.#durable.write(() => this.buckets.put(bucket.name, bucket));
  }

  removeBucket(name: string): void {
    this.#durable.write(() => this.buckets.remove(name));
  }

  /** The live object; undefined when there is none. */
  object(bucket: string, name: string): StoredObject | undefined {
    this.bucket(bucket);
    return this.objects.get(keyOf(bucket, name));
  }

  bytesOf({ bucket, name }: StoredObject): Buffer {
    const bytes = this.#bytes.get(keyOf(bucket, name));
    if (bytes === undefined) throw new Error(`${bucket}/${name} has no bytes`);
    return bytes;
  }

  /** Makes the object live if `conditions` hold at this moment, together with the notifications that are due. */
  putObject(made: NewObject, bytes: Buffer, conditions: Conditions): StoredObject {
    const live = this.object(made.bucket, made.name);
    checkWrite(conditions, live);
    const generation = this.#nextMicros();
    const object: StoredObject = { ...made, generation, createdAt: Math.floor(generation / 1000) };
    const replaced = live && { overwrote: live.generation };
    const events: ObjectEvent[] = [{ type: 'OBJECT_FINALIZE', object, atMicros: generation, ...replaced }];
    if (live) events.unshift({ type: 'OBJECT_DELETE', object: live, atMicros: generation, overwrittenBy: generation });
    const key = keyOf(made.bucket, made.name);
    this.#change(made.bucket, events, () => {
      this.objects.put(key, object);
      this.#bytes.put(key, bytes);
    });
    return object;
  }

  /** Deletes a live object, together with the notifications that are due. */
  removeObject(object: StoredObject): void {
    const key = keyOf(object.bucket, object.name);
    const events: ObjectEvent[] = [{ type: 'OBJECT_DELETE', object, atMicros: this.#nextMicros() }];
    this.#change(object.bucket, events, () => {
      this.objects.remove(key);
      this.#bytes.remove(key);
    });
  }

  /** Publishes what is on its way, and closes the file. */
  async close(): Promise<void> {
    await this.#outbox?.stop();
    await this.#durable.close();
  }

  #change(bucket: string, events: readonly ObjectEvent[], change: () => void): void {
    const notices = noticesOf(this.bucket(bucket), events).map((notice) => ({ id: this.#nextMicros(), ...notice }));
    this.#durable.write(() => {
      change();
      for (const notice of notices) this.#notices.put(String(notice.id), notice);
    });
    for (const notice of notices) this.#outbox?.add(notice);
  }

  #published({ id, attributes: { bucketId = '', objectId = '' } }: Notice): void {
    // a notice says what its object does: as long as that is there, it need not be erased, nor the file rewritten for it
    const leavesTrace = this.objects.has(keyOf(bucketId, objectId));
    this.#durable.write(() => this.#notices.remove(String(id), { leavesTrace }));
  }

  /** The time, but rising at every call: over restarts too, as no machine does a million in a second. */
  #nextMicros(): number {
    this.#micros = Math.max(this.#micros + 1, Date.now() * 1000);
    return this.#micros;
  }
}
