import assert from 'node:assert/strict';
import type { StoredEvent } from '../../shared/event/envelope.ts';
import { interpret } from '../../shared/report/interpret.ts';
import type { SiteDocument } from '../../shared/stores/sites/sites.ts';
import { TEST_PROJECT } from '../../shared/testing/events.ts';
import { mergeOptOut, mergeSite, stampOf } from './merge-site.ts';
import { at, deactivate, FILTERABLE, fold, skip, track } from './testing/site-events.ts';

function foldOnto(known: SiteDocument, event: StoredEvent): SiteDocument {
  const { report } = interpret(event, { project: TEST_PROJECT });
  assert.ok(report);
  return mergeSite(known, { ...report, report, mailLists: [], filterable: FILTERABLE });
}

describe('mergeSite', () => {
  it('leaves a silent site silent until it reports again, or leaves', () => {
    const silent: SiteDocument = { ...(fold([track(2)]) as SiteDocument), state: 'silent' };
    const after = (event: StoredEvent) => {
      const { report, deactivation, optOut } = interpret(event, { project: TEST_PROJECT });
      if (optOut) return mergeOptOut(silent, stampOf(optOut)).state;
      assert.ok(report);
      return mergeSite(silent, { ...report, report, deactivation, mailLists: [], filterable: FILTERABLE }).state;
    };
    const states = [track(1), skip(4), track(3), deactivate(1), deactivate(3)].map(after);
    assert.deepEqual(states, ['silent', 'silent', 'active', 'silent', 'left']);
  });

  it('reads what earlier versions wrote, who had a status', () => {
    const { state: _, ...site } = fold([track(1), deactivate(2)]) as SiteDocument;
    const earlier = { ...site, status: 'deactivated' } as unknown as SiteDocument;
    for (const merged of [
      mergeOptOut(earlier, stampOf({ receivedAt: at(3), eventId: 'skip' })),
      foldOnto(earlier, track(1)),
    ]) {
      assert.equal(merged.state, 'left');
      assert.ok(!Object.hasOwn(merged, 'status'));
    }
    assert.equal(foldOnto(earlier, track(3)).state, 'active');
  });

  for (const { title, events: list, state, optedOut, returned } of [
    { title: 'a report makes a site active', events: [track(1)], state: 'active', optedOut: false, returned: at(1) },
    {
      title: 'a deactivation ends that',
      events: [track(1), deactivate(2)],
      state: 'left',
      optedOut: false,
      returned: undefined,
    },
    {
      title: 'a later report makes it active again, since the first of them',
      events: [deactivate(2), track(4), track(3)],
      state: 'active',
      optedOut: false,
      returned: at(3),
    },
    { title: 'an opt-out marks it', events: [track(1), skip(2)], state: 'active', optedOut: true, returned: at(1) },
    {
      title: 'a later report is an opt-in',
      events: [track(1), skip(2), track(3)],
      state: 'active',
      optedOut: false,
      returned: at(1),
    },
    {
      title: 'a deactivation is no opt-in',
      events: [track(1), skip(2), deactivate(3)],
      state: 'left',
      optedOut: true,
      returned: undefined,
    },
  ])
    it(title, () => {
      const site = fold(list);
      assert.equal(site?.state, state);
      assert.equal(site?.optedOut, optedOut);
      assert.equal(site?.emailKey, optedOut || site?.adminEmail === undefined ? undefined : 'admin@example.org');
      assert.equal(site?.tracksSince[0]?.toISOString(), returned);
    });
});
