import { type Durable, json, text } from '../durable.ts';

/** What would be sent. After a restart `request` is gone, and the key is known. */
export interface TakenRequest {
  key: string;
  /** ISO 8601. */
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

/**
 * Finds the mailbox of a path. Of what was taken the key is kept, and when: nothing personal, for this is no store in which
 * somebody who is erased is looked for.
 */
export function openMailboxes(durable: Durable): (path: string) => Mailbox {
  const taken = durable.table('taken', text, json<Taken>());
  const mailboxes = new Map<string, Mailbox>();
  let last = 0;
  const mailboxOf = (path: string): Mailbox => {
    const record = (key: string, takenAt: string) =>
      durable.write(() => taken.put(orderOf(++last), { mailbox: path, key, takenAt }));
    const mailbox = mailboxes.get(path) ?? new Mailbox(record);
    mailboxes.set(path, mailbox);
    return mailbox;
  };
  for (const [order, { mailbox, ...request }] of taken.entries()) {
    last = Number(order);
    mailboxOf(mailbox).restore(request);
  }
  return mailboxOf;
}

interface Taken {
  mailbox: string;
  key: string;
  takenAt: string;
}

const orderOf = (count: number): string => String(count).padStart(12, '0');

/** One address of the API, with its own keys and faults: tests do not meet in it. */
export class Mailbox {
  #record: (key: string, takenAt: string) => void;
  #taken = new Set<string>();
  #requests: TakenRequest[] = [];
  #attempts: Attempt[] = [];
  #faults: Faults = {};

  /** `record` keeps a key so that it outlives a kill. */
  constructor(record: (key: string, takenAt: string) => void) {
    this.#record = record;
  }

  restore(request: TakenRequest): void {
    this.#taken.add(request.key);
    this.#show(request);
  }

  setFaults(faults: Faults): void {
    this.#faults = faults;
  }

  nextFault(): Fault | undefined {
    return this.#faults.next?.shift() ?? this.#faults.always;
  }

  /** Takes a request once, and tells whether it was new. */
  take(key: string, request: unknown): boolean {
    if (this.#taken.has(key)) return false;
    const takenAt = new Date().toISOString();
    this.#record(key, takenAt);
    this.#taken.add(key);
    this.#show({ key, takenAt, request });
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
