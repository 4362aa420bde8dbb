import type { Db } from 'mongodb';
import type { JsonObject, StoredEvent } from '../../shared/event/envelope.ts';
import { addressDigest, type SubscriberRequest } from '../../shared/event/subscriber.ts';
import type { MailIntegration } from '../../shared/project/project.ts';
import type { ProjectDocument } from '../../shared/stores/projects.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import { ownDatabase } from '../../shared/testing/stores.ts';
import { at, LIST, track as trackOf } from '../process-event/testing/site-events.ts';
import type { LatestStores } from '../process-event/update-site.ts';
import { updateLatest } from './update-latest.ts';

export const BOB = 'bob@example.org';
export const NEW = 'new@example.org';
const NAMES = new Map(
  [BOB, NEW, ...Array.from({ length: 40 }, (_, index) => `a${index}@example.org`)].map((email) => [
    addressDigest(TEST_PROJECT.hash, email),
    email,
  ]),
);

/** Whose digest a request has, as far as the tests know. */
export function emailOf({ address }: SubscriberRequest): string | undefined {
  return NAMES.get(address);
}

/** So many days after the site's first second. */
export function dayOf(days: number): Date {
  return new Date(Date.parse(at(0)) + days * 86_400_000);
}

/** A report of Bob's. */
export function track(second: number, payload: JsonObject = {}): StoredEvent {
  return trackOf(second, { admin_email: BOB, ...payload });
}

/** A database of a test's own, of one project, and the topic of its requests to mail lists. */
export interface OwnMail {
  db: Db;
  /** Where requests go, to be replaced; until then to `published`. */
  subscribers: LatestStores['subscribers'];
  published: { request: SubscriberRequest; attributes: Record<string, string> }[];
  putProject(mailIntegrations: MailIntegration[], mailCapPerHour?: number): Promise<void>;
  update(event: StoredEvent): Promise<void>;
  /** The addresses that were asked for. */
  emails(): (string | undefined)[];
  sites(): Promise<SiteDocument[]>;
  /** The addresses that wait. */
  pending(): Promise<(string | undefined)[]>;
  /** How many requests of the project are counted. */
  counted(): Promise<number>;
  /** Leaves nothing but the project, with one list: what each test begins with. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

export function openOwnMail(): OwnMail {
  const { db, close } = ownDatabase();
  const published: OwnMail['published'] = [];
  const toPublished: OwnMail['subscribers'] = {
    publish: async (request, attributes) => void published.push({ request, attributes }),
  };
  const sites = () => db.collection<SiteDocument>('sites').find().toArray();
  const own: OwnMail = {
    db,
    subscribers: toPublished,
    published,
    putProject: async (mailIntegrations, mailCapPerHour = 200) => {
      const { hash, ...project } = TEST_PROJECT;
      const changed = { ...project, mailIntegrations, mailCapPerHour };
      await db.collection<ProjectDocument>('projects').replaceOne({ _id: hash }, changed, { upsert: true });
    },
    update: (event) => updateLatest(event, db, own.subscribers),
    emails: () => published.map(({ request }) => emailOf(request)),
    sites,
    pending: async () =>
      (await sites()).filter(({ pendingMail = [] }) => pendingMail.length > 0).map(({ adminEmail }) => adminEmail),
    counted: async () => {
      const quotas = await db.collection('mailQuotas').find().toArray();
      return quotas.reduce((sum, { count }) => sum + count, 0);
    },
    empty: async () => {
      published.length = 0;
      own.subscribers = toPublished;
      for (const name of ['sites', 'optOuts', 'projects', 'mailClaims', 'mailQuotas'])
        await db.collection(name).deleteMany({});
      await own.putProject([LIST]);
    },
    close: async () => {
      await db.dropDatabase();
      await close();
    },
  };
  return own;
}
