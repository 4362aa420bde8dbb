import { join } from 'node:path';
import { type Journal, openJournal } from '../journal.ts';
import { type ByteStore, MemoryBytes } from './bytes.ts';
import { unavailable } from './errors.ts';
import type { JournalRecord, Notice, Part } from './model.ts';
import { Outbox, type Publish } from './outbox.ts';
import { openSegments } from './segments.ts';
import { State } from './state.ts';

/** Obsolete records, or bytes, that are not worth a compaction while the emulator runs. */
const GARBAGE_RECORDS = 10_000;
const GARBAGE_BYTES = 4 * 1024 * 1024;
/** Parts that a compaction moves at a time. */
const MOVES = 256;
/** The service forgets an upload after a week. */
const SESSION_DAYS = 7;

/** The emulator's data: what is in memory, and its way to the disk. */
export class Store {
  readonly state: State;
  readonly bytes: ByteStore;
  #journal!: Journal<JournalRecord>;
  #outbox: Outbox | undefined;
  #written: Promise<unknown> = Promise.resolve();
  /** Bytes written for uploads that are under way. */
  #held = new Set<Part>();
  #gone = new WeakSet<Part>();
  #compaction: Promise<void> | undefined;

  private constructor(bytes: ByteStore, publish: Publish | undefined) {
    this.bytes = bytes;
    this.state = new State((parts) => this.discard(parts));
    if (publish !== undefined)
      this.#outbox = new Outbox(publish, ({ id }) => this.#commit({ type: 'published', notice: id }));
  }

  /** Gives back what the folder holds, tidied, and publishes what is pending. */
  static async open(folder: string | undefined, publish: Publish | undefined): Promise<Store> {
    const bytes = folder === undefined ? new MemoryBytes() : await openSegments(join(folder, 'objects'));
    const store = new Store(bytes, publish);
    const file = folder === undefined ? undefined : join(folder, 'journal.jsonl');
    store.#journal = await openJournal<JournalRecord>(file, (record) => store.state.apply(record));
    bytes.adopt([...store.state.parts()]);
    store.#dropOldSessions();
    await store.#tidy();
    for (const notice of store.state.notices.values()) store.#outbox?.add(notice);
    return store;
  }

  /** Whether somebody takes notifications. */
  get publishes(): boolean {
    return this.#outbox !== undefined;
  }

  /** Keeps bytes for a record to come, or until they are discarded. The part follows them when they are moved. */
  async write(bytes: Buffer): Promise<Part> {
    const part = { segment: 0, offset: 0, length: bytes.length };
    this.#held.add(part);
    try {
      await this.bytes.write(part, bytes);
    } catch (error) {
      this.#held.delete(part);
      throw error;
    }
    return part;
  }

  discard(parts: readonly Part[]): void {
    for (const part of parts) {
      this.#held.delete(part);
      this.#gone.add(part);
    }
    this.bytes.release(parts);
  }

  /**
   * Changes the state at once, so that what comes next sees it, and resolves when the change is durable. Its notices are
   * published from then on.
   */
  async commit(record: JournalRecord): Promise<void> {
    await this.#commit(record);
    const notices: Notice[] = 'notices' in record && record.notices ? record.notices : [];
    for (const notice of notices) this.#outbox?.add(notice);
    this.#compactWhenWorthIt();
  }

  /**
   * Resolves once all that the state shows is durable. No answer may leave before: "it exists already" is as good as an
   * acknowledgement. Rejects for ever once a write to the journal failed, since state and disk then differ.
   */
  async settled(): Promise<void> {
    await this.#written.catch((error) => {
      throw unavailable(`The emulator cannot write its journal: ${error}`);
    });
  }

  /** Publishes what is on its way, tidies the folder, closes its files. */
  async close(): Promise<void> {
    await this.#outbox?.stop();
    await this.#compaction;
    try {
      await this.#written;
      await this.#tidy();
    } finally {
      await this.#journal.close();
      await this.bytes.close();
    }
  }

  #commit(record: JournalRecord): Promise<unknown> {
    this.state.apply(record);
    if (record.type === 'object') for (const part of record.object.parts) this.#held.delete(part);
    if (record.type === 'part') this.#held.delete(record.part);
    const written = Promise.all([this.#written, this.#journal.append(record)]);
    this.#written = written;
    // whoever needs to know asks settled()
    written.catch(() => {});
    return written;
  }

  #dropOldSessions(): void {
    const oldest = Date.now() - SESSION_DAYS * 86_400_000;
    for (const { id, createdAt } of this.state.sessions.values()) {
      if (createdAt < oldest) this.state.apply({ type: 'session-ended', session: id });
    }
  }

  /** What was deleted must not stay in the files for ever. */
  async #tidy(): Promise<void> {
    if (this.state.garbage > 0 || this.bytes.garbageBytes > 0) await this.#compact();
  }

  #compactWhenWorthIt(): void {
    const { bytes, state } = this;
    const tooManyBytes = bytes.garbageBytes > Math.max(GARBAGE_BYTES, bytes.liveBytes);
    const tooManyRecords = state.garbage > Math.max(GARBAGE_RECORDS, this.#journal.length / 2);
    if (this.#compaction !== undefined || !(tooManyBytes || tooManyRecords)) return;
    this.#compaction = this.#compact()
      .catch((error) => console.error(`storage emulator: cannot compact: ${error}`))
      .finally(() => {
        this.#compaction = undefined;
      });
  }

  /**
   * Copies what is needed out of the segments that hold garbage, then writes the journal anew, then deletes the segments: a
   * kill in between leaves a journal whose bytes are all there.
   */
  async #compact(): Promise<void> {
    const retired = await this.bytes.retire();
    const moves = [...new Set([...this.state.parts(), ...this.#held])].filter(({ segment }) => retired.has(segment));
    for (let at = 0; at < moves.length; at += MOVES) {
      await Promise.all(moves.slice(at, at + MOVES).map((part) => this.#move(part)));
    }
    this.state.garbage = 0;
    await this.#journal.rewrite(this.state.records());
    await this.bytes.drop(retired);
  }

  async #move(part: Part): Promise<void> {
    const old = { ...part };
    const moved = { ...part };
    await this.bytes.write(moved, await this.bytes.read(part, 0, part.length));
    if (this.#gone.has(part)) return this.bytes.release([moved]);
    Object.assign(part, moved);
    this.bytes.release([old]);
  }
}
