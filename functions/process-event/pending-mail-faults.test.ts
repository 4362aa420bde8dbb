import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Kind } from '../../shared/event/object-name.ts';
import { addressDigest, type SubscriberRequest } from '../../shared/event/subscriber.ts';
import type { MailIntegration } from '../../shared/project/project.ts';
import { interpret, type Meaning } from '../../shared/report/interpret.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { publishPendingMail } from '../../shared/stores/topics/mail-outbox.ts';
import { capturedEvent, TEST_PROJECT } from '../../shared/testing/events.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { BOB, dayOf, emailOf, NEW } from '../testing/own-mail.ts';
import { mergeOptOut, mergeSite, stampOf } from './merge-site.ts';
import { LIST } from './testing/site-events.ts';

describe('the mail of a site', () => {
  const LISTS: MailIntegration[] = [LIST, { ...LIST, list: 'list-2' }];
  const PROJECT = { ...TEST_PROJECT, mailIntegrations: LISTS };
  const WEEK_MS = 7 * 86_400_000;

  interface Arrival {
    kind: Kind;
    day: number;
    email: string;
  }

  /** How the function ends that works on an event: well, told that nothing is out, or killed before or after it is. */
  const faults = fc.constantFrom('none', 'none', 'none', 'refused', 'killed before', 'killed after');
  const arrivals = fc.array(
    fc.record({
      kind: fc.constantFrom('track' as const, 'track' as const, 'tracking-skipped' as const),
      day: fc.constantFrom(0, 1, 5, 6, 8, 13, 20),
      email: fc.constantFrom(BOB, 'BOB@example.org', NEW, 'a1@example.org'),
      fault: faults,
    }),
    { minLength: 1, maxLength: 10 },
  );

  const meanings = new Map<string, Meaning>();
  /** What an event means; the same of one kind, day and address is the same event. */
  function meaningOf({ kind, day, email }: { kind: Kind; day: number; email: string }): Meaning {
    const id = `${kind}-${day}-${email}`;
    const payload = kind === 'track' ? { admin_email: email } : {};
    const meaning =
      meanings.get(id) ??
      interpret(capturedEvent(kind, { id, receivedAt: dayOf(day).toISOString(), payload }), { project: PROJECT });
    meanings.set(id, meaning);
    return meaning;
  }

  /** A site, and whoever works on it with stores that fail as they are told. */
  function openSite() {
    const sent: { list: string; email: string | undefined }[] = [];
    let site: SiteDocument | undefined;
    let optOut: string | undefined;
    const storesWith = (fault: string) => {
      let isKilled = false;
      return {
        sites: {
          change: async (_: string, merge: (known: SiteDocument) => SiteDocument) => {
            if (isKilled) throw new Error('killed');
            site = site && merge(site);
            return site;
          },
        },
        mailClaims: { claim: async () => true, release: async () => {} },
        mailQuotas: { take: async () => true },
        now: () => new Date(0),
        subscribers: {
          publish: async (request: SubscriberRequest) => {
            isKilled = fault.startsWith('killed');
            if (fault === 'refused' || fault === 'killed before') throw new Error(fault);
            sent.push({ list: request.list, email: emailOf(request) });
            if (isKilled) throw new Error(fault);
          },
        },
      };
    };
    const publish = async (time: Date, fault: string) =>
      site && publishPendingMail(site, PROJECT, time, storesWith(fault));
    return {
      sent,
      known: () => site,
      publish,
      /** As process-event does. */
      work: async (event: Arrival, fault: string) => {
        const { report, optOut: skipped } = meaningOf(event);
        if (report) site = mergeSite(site, { ...report, report, mailLists: LISTS, filterable: [] });
        if (skipped) optOut = [optOut ?? '', stampOf(skipped)].sort().at(-1);
        if (site && optOut) site = mergeOptOut(site, optOut);
        await publish(dayOf(event.day), fault);
      },
    };
  }

  /** Delivers until each is worked on, what failed once more in the end; then sweeps, week by week. */
  async function deliver(list: (Arrival & { fault: string })[]) {
    const site = openSite();
    const again: Arrival[] = [];
    for (const event of list) await site.work(event, event.fault).catch(() => again.push(event));
    for (const event of again) await site.work(event, 'none');
    for (let week = 5; week < 12; week += 1) await site.publish(dayOf(7 * week), 'none');
    return site;
  }

  const track = (day: number, email: string): Arrival => ({ kind: 'track', day, email });
  const sentTo = ({ sent }: ReturnType<typeof openSite>) => sent.map(({ list, email }) => `${list} ${email}`);

  it('is asked for once more at an address that comes back, when whoever noted it died, and nobody knows whether it is out', async () => {
    const site = openSite();
    await assert.rejects(site.work(track(0, BOB), 'killed before'));
    await site.work(track(1, NEW), 'none');
    assert.deepEqual(sentTo(site), [], 'for all one knows Bob has mail');
    await site.work(track(2, BOB), 'none');
    assert.deepEqual(sentTo(site), [`list-1 ${BOB}`, `list-2 ${BOB}`]);
  });

  it('goes to another address at once when it is known that nothing is out', async () => {
    const site = openSite();
    await assert.rejects(site.work(track(0, BOB), 'refused'));
    await site.work(track(1, NEW), 'none');
    assert.deepEqual(sentTo(site), [`list-1 ${NEW}`, `list-2 ${NEW}`]);
  });

  it('is due to nobody while the site is opted out', async () => {
    const site = openSite();
    await assert.rejects(site.work(track(0, BOB), 'refused'));
    assert.ok(site.known()?.mailDueAt);
    await site.work({ kind: 'tracking-skipped', day: 1, email: '' }, 'none');
    assert.equal(site.known()?.mailDueAt, undefined);
    await site.publish(dayOf(20), 'none');
    assert.deepEqual(sentTo(site), []);
    await site.work(track(2, BOB), 'none');
    assert.equal(site.sent.length, 2);
  });

  it('asks each list for the address that it ends with, once and at one new address a week, whatever the order and the failures', () =>
    fc.assert(
      fc.asyncProperty(
        arrivals.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        async ([list, shuffled]) => {
          const inOrder = await deliver(list.map((each) => ({ ...each, fault: 'none' })));
          const { sent, known } = await deliver(shuffled);
          const site = known();
          const { adminEmail, optedOut, askedMail = [], pendingMail: waiting = [] } = site ?? {};
          assert.deepEqual([adminEmail, optedOut], [inOrder.known()?.adminEmail, inOrder.known()?.optedOut]);
          if (site && !optedOut) {
            assert.deepEqual(waiting, []);
            const asked = sent.filter(({ email }) => email === adminEmail?.toLowerCase()).map((each) => each.list);
            assert.deepEqual([...new Set(asked)].sort(), LISTS.map((each) => each.list).sort());
          }
          if (shuffled.every(({ fault }) => !fault.startsWith('killed'))) {
            assert.equal(new Set(sent.map(({ list: name, email }) => `${name} ${email}`)).size, sent.length, 'once');
          }
          const firsts = new Map<string, number>();
          for (const { address, askedAt } of askedMail) {
            firsts.set(address, Math.min(firsts.get(address) ?? Number.POSITIVE_INFINITY, askedAt.getTime()));
          }
          const times = [...firsts.values()].sort((one, other) => one - other);
          for (const [index, time] of times.entries()) {
            if (index > 0) assert.ok(time - (times[index - 1] as number) >= WEEK_MS, 'one new address a week');
          }
          const met = new Set(shuffled.map(({ fault }) => fault));
          // one that is refused takes the note with it that an earlier one may be out
          if (met.has('killed after') && met.has('refused')) return;
          assert.ok(sent.every(({ email }) => firsts.has(addressDigest(PROJECT.hash, email ?? ''))));
        },
      ),
      { numRuns: IS_PROOF ? 100 : 25 },
    ));
});
