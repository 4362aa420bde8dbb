import assert from 'node:assert/strict';
import type { SubscriberRequest } from '../../shared/event/subscriber.ts';
import type { MailIntegration, Project } from '../../shared/project/project.ts';
import { applyIndexes } from '../../shared/stores/indexes.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { openProjectsWriter } from '../../shared/stores/projects-writer.ts';
import { openSites, type SiteDocument } from '../../shared/stores/sites/sites.ts';
import { openMailClaims } from '../../shared/stores/topics/mail-claims.ts';
import { openMailQuotas } from '../../shared/stores/topics/mail-quotas.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { ownDatabase } from '../../shared/testing/stores.ts';
import { userAgentOf } from '../testing/own-system.ts';
import { updateLatest } from '../testing/update-latest.ts';
import { askWaiting, type WaitingStores } from './ask-waiting.ts';

const LIST: MailIntegration = { provider: 'mailchimp', list: 'list-1', enabled: true };
const PROJECT: Project = { ...TEST_PROJECT, mailIntegrations: [LIST] };
const OTHER: Project = { ...PROJECT, hash: 'b4a8da5b-b419-4656-98e9-4a42e9044891', slug: 'other', mailCapPerHour: 1 };
const HOUR_MS = 3_600_000;
/** Sites that report at once, a third of them above the cap; more by `npm run proof:ci`. */
const SITES = IS_PROOF ? 60 : 15;
const CAP = (SITES * 2) / 3;
/** An hour of today: MongoDB drops the counts of hours that are long over. */
const NOON = new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS);

const hoursOn = (hours: number) => new Date(NOON.getTime() + hours * HOUR_MS);

describe('askWaiting', () => {
  let latest: Latest;
  let now: Date;
  let published: SubscriberRequest[];
  let publish: (request: SubscriberRequest) => Promise<void>;

  beforeEach(async () => {
    latest = ownDatabase();
    now = NOON;
    published = [];
    publish = async (request) => void published.push(request);
    await applyIndexes(latest.db);
    for (const project of [PROJECT, OTHER]) await openProjectsWriter(latest.db).create(project);
  });
  afterEach(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  function report(index: number, { hash = PROJECT.hash, at = NOON, email = `a${index}@example.org` } = {}) {
    const url = `https://site-${index}.example.org`;
    const receivedAt = new Date(at.getTime() + index).toISOString();
    const event = capturedEvent('track', { id: `of-${index}`, receivedAt, payload: { hash, url, admin_email: email } });
    return updateLatest(event, latest.db, { publish: (request) => publish(request) }, () => now);
  }

  function ask(at: Date) {
    now = at;
    const stores: WaitingStores = {
      projects: openProjects(latest.db),
      sites: openSites(latest.db),
      mailClaims: openMailClaims(latest.db),
      mailQuotas: openMailQuotas(latest.db),
      subscribers: { publish: (request) => publish(request) },
      now: () => now,
    };
    return askWaiting(stores, at);
  }

  const waiting = () => latest.db.collection<SiteDocument>('sites').countDocuments({ mailDueAt: { $exists: true } });
  const asked = () => published.map(({ site }) => site);

  it('asks in the next hours for what was above the cap, oldest first, and nothing is lost', async () => {
    await openProjectsWriter(latest.db).update(PROJECT.hash, { mailCapPerHour: CAP });
    await Promise.all(Array.from({ length: SITES }, (_, index) => report(index)));
    assert.deepEqual([published.length, await waiting()], [CAP, SITES - CAP]);
    assert.deepEqual(await ask(hoursOn(0.5)), { asked: 0, waiting: SITES - CAP, projects: 1 });
    assert.equal(published.length, CAP);
    published = [];
    assert.deepEqual(await ask(hoursOn(1)), { asked: SITES - CAP, waiting: 0, projects: 0 });
    const places = asked().map((site) => Number(/site-(\d+)/.exec(site)?.[1]));
    assert.deepEqual(
      places,
      [...places].sort((one, other) => one - other),
    );
    assert.equal(await waiting(), 0);
    assert.deepEqual(await ask(hoursOn(2)), { asked: 0, waiting: 0, projects: 0 });
  });

  it('lets no project wait for the cap of another', async () => {
    for (const index of [1, 2, 3]) await report(index, { hash: OTHER.hash });
    publish = () => Promise.reject(new Error('down'));
    await assert.rejects(report(4));
    publish = async (request) => void published.push(request);
    assert.deepEqual(await ask(hoursOn(0.1)), { asked: 1, waiting: 2, projects: 1 });
    assert.deepEqual(asked(), ['site-1.example.org', 'site-4.example.org']);
    for (const hours of [1, 2]) await ask(hoursOn(hours));
    assert.deepEqual(asked().slice(2), ['site-2.example.org', 'site-3.example.org']);
  });

  it('asks for another address when its week is over, and not before', async () => {
    await report(1);
    await report(1, { at: hoursOn(24), email: 'new@example.org' });
    assert.deepEqual(await ask(hoursOn(7 * 24 - 1)), { asked: 0, waiting: 0, projects: 0 });
    assert.deepEqual(await ask(hoursOn(7 * 24 + 1)), { asked: 1, waiting: 0, projects: 0 });
    assert.deepEqual(new Set(published.map(({ address }) => address)).size, 2);
  });

  it('asks nobody who opted out, whose list is off, or whose project is archived', async () => {
    publish = () => Promise.reject(new Error('down'));
    await assert.rejects(report(1));
    await assert.rejects(report(2));
    await assert.rejects(report(3, { hash: OTHER.hash }));
    publish = async (request) => void published.push(request);
    const skip = capturedEvent('tracking-skipped', { id: 'skip', receivedAt: hoursOn(1).toISOString() });
    const userAgent = userAgentOf('https://site-1.example.org');
    await updateLatest({ ...skip, userAgent }, latest.db, { publish }, () => now);
    await openProjectsWriter(latest.db).update(PROJECT.hash, { mailIntegrations: [{ ...LIST, enabled: false }] });
    await openProjectsWriter(latest.db).update(OTHER.hash, { archived: true });
    assert.deepEqual(await ask(hoursOn(2)), { asked: 0, waiting: 0, projects: 0 });
    assert.deepEqual(published, []);
    assert.equal(await waiting(), 0);
    const sites = await latest.db.collection<SiteDocument>('sites').find().sort({ site: 1 }).toArray();
    assert.deepEqual(
      sites.map(({ pendingMail = [] }) => pendingMail.length),
      [1, 0, 0],
      'who opted out may opt in again',
    );
  });

  it('keeps what it could not publish, and asks for each once when two run at once', async () => {
    await openProjectsWriter(latest.db).update(PROJECT.hash, { mailCapPerHour: 1 });
    for (const index of [1, 2, 3]) await report(index);
    await openProjectsWriter(latest.db).update(PROJECT.hash, { mailCapPerHour: 100 });
    publish = () => Promise.reject(new Error('down'));
    await assert.rejects(ask(hoursOn(1)));
    assert.equal(await waiting(), 2);
    publish = async (request) => void published.push(request);
    await Promise.all([ask(hoursOn(2)), ask(hoursOn(2))]);
    assert.deepEqual(
      [...new Set(asked())].sort(),
      [1, 2, 3].map((index) => `site-${index}.example.org`),
    );
    assert.equal(await waiting(), 0);
  });
});
