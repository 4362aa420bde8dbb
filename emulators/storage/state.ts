import { noSuchBucket } from './errors.ts';
import type { Bucket, JournalRecord, Notice, Part, Session, StoredObject } from './model.ts';
import { SortedKeys } from './sorted-keys.ts';

/** A bucket and its objects; the objects' keys are `sortKey(name)`. */
export interface BucketState {
  bucket: Bucket;
  objects: Map<string, StoredObject>;
  keys: SortedKeys;
}

/** The name's UTF-8 bytes, a code unit each: compares as the service orders names, which UTF-16 does not. */
export function sortKey(name: string): string {
  return isAscii(name) ? name : Buffer.from(name, 'utf8').toString('latin1');
}

/** The name, or part of a name, that a key stands for. */
export function nameOf(key: string): string {
  return isAscii(key) ? key : Buffer.from(key, 'latin1').toString('utf8');
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}

/** Everything but the objects' bytes: what the journal's records make, applied in their order. */
export class State {
  readonly buckets = new Map<string, BucketState>();
  readonly sessions = new Map<string, Session>();
  /** Live objects by the resumable upload that made them. */
  readonly finished = new Map<string, StoredObject>();
  readonly notices = new Map<number, Notice>();
  /** Records that later ones made obsolete. */
  garbage = 0;
  #generation = 0;
  #notice = 0;
  #released: (parts: readonly Part[]) => void;

  /** `released` is told of bytes that nothing refers to any more. */
  constructor(released: (parts: readonly Part[]) => void) {
    this.#released = released;
  }

  /** Fails with the service's 404 where there is no such bucket. */
  bucket(name: string): BucketState {
    const state = this.buckets.get(name);
    if (state === undefined) throw noSuchBucket();
    return state;
  }

  /** The live object. */
  object(bucket: string, name: string): StoredObject | undefined {
    return this.bucket(bucket).objects.get(sortKey(name));
  }

  /** Epoch microseconds, above every generation there was. */
  nextGeneration(): number {
    return Math.max(this.#generation + 1, Date.now() * 1000);
  }

  get nextNotice(): number {
    return this.#notice + 1;
  }

  apply(record: JournalRecord): void {
    switch (record.type) {
      case 'bucket':
        this.#putBucket(record.bucket);
        break;
      case 'bucket-deleted':
        this.buckets.delete(record.name);
        this.garbage += 2;
        break;
      case 'object':
        this.#putObject(record.object);
        this.#putNotices(record.notices);
        break;
      case 'object-deleted':
        this.#deleteObject(record.bucket, record.name);
        this.#putNotices(record.notices);
        break;
      case 'session':
        this.sessions.set(record.session.id, record.session);
        break;
      case 'part':
        this.sessions.get(record.session)?.parts.push(record.part);
        this.garbage += 1;
        break;
      case 'session-ended':
        this.#endSession(record.session);
        break;
      case 'notice':
        this.#putNotices([record.notice]);
        break;
      case 'published':
        this.garbage += this.notices.delete(record.notice) ? 1 : 0;
        break;
      case 'counters':
        this.#generation = Math.max(this.#generation, record.generation);
        this.#notice = Math.max(this.#notice, record.notice);
    }
  }

  /** The shortest journal that makes this state. */
  *records(): Generator<JournalRecord> {
    yield { type: 'counters', generation: this.#generation, notice: this.#notice };
    for (const { bucket, objects } of this.buckets.values()) {
      yield { type: 'bucket', bucket };
      for (const object of objects.values()) yield { type: 'object', object };
    }
    for (const session of this.sessions.values()) yield { type: 'session', session };
    for (const notice of this.notices.values()) yield { type: 'notice', notice };
  }

  /** All bytes that something refers to. */
  *parts(): Generator<Part> {
    for (const { objects } of this.buckets.values()) for (const { parts } of objects.values()) yield* parts;
    for (const { parts } of this.sessions.values()) yield* parts;
  }

  #putBucket(bucket: Bucket): void {
    const known = this.buckets.get(bucket.name);
    if (known === undefined) this.buckets.set(bucket.name, { bucket, objects: new Map(), keys: new SortedKeys() });
    else {
      known.bucket = bucket;
      this.garbage += 1;
    }
  }

  #putObject(object: StoredObject): void {
    const { objects, keys } = this.bucket(object.bucket);
    const key = sortKey(object.name);
    const old = objects.get(key);
    if (old === undefined) keys.add(key);
    else this.#forget(old, object.parts);
    objects.set(key, object);
    this.#generation = Math.max(this.#generation, object.generation);
    if (object.uploadId === undefined) return;
    this.finished.set(object.uploadId, object);
    if (this.sessions.delete(object.uploadId)) this.garbage += 1;
  }

  #deleteObject(bucket: string, name: string): void {
    const { objects, keys } = this.bucket(bucket);
    const key = sortKey(name);
    const old = objects.get(key);
    if (old === undefined) return;
    objects.delete(key);
    keys.delete(key);
    this.#forget(old);
    this.garbage += 1;
  }

  /** A change of metadata keeps the bytes. */
  #forget(old: StoredObject, kept?: Part[]): void {
    this.garbage += 1;
    if (old.uploadId !== undefined) this.finished.delete(old.uploadId);
    if (old.parts !== kept) this.#released(old.parts);
  }

  #endSession(id: string): void {
    const session = this.sessions.get(id);
    if (session === undefined) return;
    this.sessions.delete(id);
    this.garbage += 2;
    this.#released(session.parts);
  }

  #putNotices(notices: readonly Notice[] = []): void {
    for (const notice of notices) {
      this.notices.set(notice.id, notice);
      this.#notice = Math.max(this.#notice, notice.id);
    }
  }
}
