import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Dataset } from '@google-cloud/bigquery';
import type { Collection, Db } from 'mongodb';
import { addressDigest, decodeSubscriberMessage, type SubscriberRequest } from '../../../shared/event/subscriber.ts';
import { handleEvent } from '../../../shared/runtime/handle-event.ts';
import type { LogFields } from '../../../shared/runtime/log.ts';
import { openRejections } from '../../../shared/stores/history/rejections.ts';
import { openSites, siteKey } from '../../../shared/stores/sites/sites.ts';
import { openMailClaims } from '../../../shared/stores/topics/mail-claims.ts';
import { giveDataset, takeDataset } from '../../../shared/testing/spare-datasets.ts';
import { ownDatabase } from '../../../shared/testing/stores.ts';
import { type MailRequest, openMailApi } from '../mail-api.ts';
import { notifyMail, rejectionOfMessage } from '../notify-mail.ts';

export const RECEIVED_AT = '2026-03-09T07:05:06.789Z';
export const BOB = 'Bob@example.org';
const PUBLISHED_AT = '2026-03-09T07:05:08.000Z';
/** Of an attempt; no machine is so slow. */
export const TIMEOUT_MS = 60_000;
/** Where an attempt that gets no answer has to end, and any other may end too. */
export const SHORT_TIMEOUT_MS = 500;

/** What the local mail sink shows; see emulators/mail. */
export interface Shown {
  taken: number;
  requests: { key: string; request: MailRequest }[];
  attempts: { key: string; answer: number | string }[];
}

/** A mailbox of the local sink and a site that is to get mail, of a test's own: other ones after `renew`, with which each begins. */
export interface OwnMailbox {
  url: string;
  db: Db;
  dataset: Dataset;
  /** What is asked for; to be changed. */
  request: SubscriberRequest;
  messageId: string;
  logged: string[];
  handle(event: unknown): Promise<void>;
  /** As index.ts puts it together. */
  openHandler(url: string, timeoutMs?: number): (event: unknown) => Promise<void>;
  sites(): Collection<{ _id: string }>;
  putSite(fields: Record<string, unknown>): Promise<void>;
  pushed(data: string, attributes?: Record<string, string>): unknown;
  /** `request`, pushed. */
  message(): unknown;
  /** What the mail API is to get. */
  wanted(): MailRequest;
  setFaults(faults: { next?: unknown[]; always?: unknown }): Promise<void>;
  shown(): Promise<Shown>;
  /** Those of the request and the message. */
  rejections(): Promise<Record<string, unknown>[]>;
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** Only the local sink can be told to fail, and shows what it took. */
export function hasLocalSink(): boolean {
  return process.env.SITEBEAT_EMBEDDED?.split(',').includes('MAIL_API_URL') === true;
}

function newRequest(): SubscriberRequest {
  const project = 'a4a8da5b-b419-4656-98e9-4a42e9044891';
  return {
    project,
    provider: 'mailchimp',
    list: 'list-1',
    site: `${randomUUID()}.example.org`,
    eventId: randomUUID(),
    address: addressDigest(project, BOB),
  };
}

function openHandler(own: OwnMailbox, url: string, timeoutMs: number) {
  const secret = process.env.MAIL_API_SECRET as string;
  const stores = {
    sites: openSites(own.db),
    mailClaims: openMailClaims(own.db),
    mailApi: openMailApi({ url, secret, timeoutMs }),
  };
  const rejections = openRejections(
    { projectId: own.dataset.projectId, dataset: own.dataset.id as string },
    { log: () => {} },
  );
  return handleEvent({
    decode: decodeSubscriberMessage,
    work: (message) => notifyMail(message, stores),
    reject: (message, error) => rejections.append(rejectionOfMessage(message, error)),
    log: (severity: string, message: string, fields?: LogFields) =>
      own.logged.push(JSON.stringify({ severity, message, ...fields })),
  });
}

export async function openOwnMailbox(): Promise<OwnMailbox> {
  const { db, close } = ownDatabase();
  const dataset = await takeDataset();
  const own: OwnMailbox = {
    url: '',
    db,
    dataset,
    request: newRequest(),
    messageId: '',
    logged: [],
    handle: async () => {},
    openHandler: (url, timeoutMs = TIMEOUT_MS) => openHandler(own, url, timeoutMs),
    sites: () => db.collection<{ _id: string }>('sites'),
    putSite: async (fields) => {
      const { project, site } = own.request;
      const _id = siteKey(project, site);
      const known = { project, site, adminEmail: BOB, firstName: 'Bob', optedOut: false, revision: 1 };
      await own.sites().replaceOne({ _id }, { ...known, ...fields }, { upsert: true });
    },
    pushed: (data, attributes = { receivedAt: RECEIVED_AT }) => {
      const message = { attributes, messageId: own.messageId, publishTime: PUBLISHED_AT };
      return { data: { message: { ...message, data: Buffer.from(data).toString('base64') } } };
    },
    message: () => own.pushed(JSON.stringify(own.request)),
    wanted: () => {
      const { address: _, ...keys } = own.request;
      return { ...keys, email: BOB, firstName: 'Bob', lastName: null, doubleOptIn: true };
    },
    setFaults: async (faults) => {
      const { status } = await fetch(own.url, { method: 'PUT', body: JSON.stringify(faults) });
      assert.equal(status, 200);
    },
    shown: async () => (await (await fetch(own.url)).json()) as Shown,
    rejections: async () => {
      const [rows] = await dataset.query({
        query: `SELECT * FROM ${dataset.id}.rejections WHERE received_at > TIMESTAMP('2020-01-01')
          AND (event_id LIKE @event OR event_id = @message)`,
        params: { event: `${own.request.eventId}%`, message: `subscriber:${own.messageId}` },
      });
      return rows;
    },
    renew: async () => {
      own.url = new URL(`/${randomUUID()}`, process.env.MAIL_API_URL).href;
      own.request = newRequest();
      own.messageId = randomUUID();
      own.logged = [];
      own.handle = own.openHandler(own.url);
      await own.putSite({});
    },
    close: async () => {
      await db.dropDatabase();
      await close();
      await giveDataset(dataset, new Set(['rejections']));
    },
  };
  return own;
}
