import type { Journal } from '../journal.ts';

/** A key that was taken, in the journal. Nothing personal: this is no store in which somebody who is erased is looked for. */
export interface TakenRecord {
  mailbox: string;
  key: string;
  /** ISO 8601. */
  takenAt: string;
}

/** What would be sent. After a restart `request` is gone, and the key is known. */
export interface TakenRequest {
  key: string;
  takenAt: string;
  request?: unknown;
}

/** A POST that arrived, and how it was answered: a status, or what was done instead. */
export interface Attempt {
  key: string;
  answer: number | Cut;
}

/**
 * How a POST is not answered: `down`, the connection is cut and nothing taken; `lost`, it is cut after the request was taken;
 * `slow`, the request is taken and the caller waits in vain.
 */
export const CUTS = ['down', 'lost', 'slow'] as const;
export type Cut = (typeof CUTS)[number];
/** A cut, or the status of an answer to a request that was not taken. */
export type Fault = Cut | number;

export interface Faults {
  /** Of the next POSTs, one each. */
  next?: Fault[];
  /** Of all that come after those. */
  always?: Fault;
}

/** So much is shown of each mailbox, the latest; every key is known for ever. */
const MAX_SHOWN = 10_000;

/** One address of the API, with its own keys and faults: tests do not meet in it. */
export class Mailbox {
  #name: string;
  #journal: Journal<TakenRecord>;
  #taken = new Map<string, Promise<void>>();
  #requests: TakenRequest[] = [];
  #attempts: Attempt[] = [];
  #faults: Faults = {};

  constructor(name: string, journal: Journal<TakenRecord>) {
    this.#name = name;
    this.#journal = journal;
  }

  restore({ key, takenAt }: TakenRecord): void {
    this.#taken.set(key, Promise.resolve());
    this.#show({ key, takenAt });
  }

  setFaults(faults: Faults): void {
    this.#faults = faults;
  }

  nextFault(): Fault | undefined {
    return this.#faults.next?.shift() ?? this.#faults.always;
  }

  /** Takes a request once; resolves when its key outlives a kill, with whether it was new. */
  async take(key: string, request: unknown): Promise<boolean> {
    const known = this.#taken.get(key);
    if (known !== undefined) {
      await known;
      return false;
    }
    const takenAt = new Date().toISOString();
    const written = this.#journal.append({ mailbox: this.#name, key, takenAt });
    this.#taken.set(key, written);
    this.#show({ key, takenAt, request });
    await written;
    return true;
  }

  note(attempt: Attempt): void {
    this.#attempts.push(attempt);
    if (this.#attempts.length > MAX_SHOWN) this.#attempts.shift();
  }

  show() {
    return { taken: this.#taken.size, requests: this.#requests, attempts: this.#attempts };
  }

  #show(request: TakenRequest): void {
    this.#requests.push(request);
    if (this.#requests.length > MAX_SHOWN) this.#requests.shift();
  }
}
