import assert from 'node:assert/strict';
import type { JsonObject } from '../../event/envelope.ts';
import type { Kind } from '../../event/object-name.ts';
import { interpret } from '../../report/interpret.ts';
import { capturedEvent, TEST_PROJECT } from '../../testing/events.ts';
import { attribute } from './attribution.ts';

/** All are sent under the md5 of a site that one project knows. */
const CASES: { kind: Kind; payload: JsonObject; becomes: string }[] = [
  { kind: 'track', payload: {}, becomes: 'report' },
  { kind: 'deactivate', payload: {}, becomes: 'report, deactivation' },
  { kind: 'tracking-skipped', payload: {}, becomes: 'optOut' },
  { kind: 'deactivate', payload: { hash: undefined, url: undefined }, becomes: 'deactivation' },
  { kind: 'deactivate', payload: { hash: undefined }, becomes: 'no_project' },
  { kind: 'deactivate', payload: { hash: ' ', url: '' }, becomes: 'no_project' },
  { kind: 'track', payload: { hash: undefined }, becomes: 'no_project' },
  { kind: 'track', payload: { hash: undefined, url: undefined }, becomes: 'no_project' },
  { kind: 'tracking-skipped', payload: { hash: undefined }, becomes: 'no_project' },
];

describe('attribute', () => {
  const known = { _id: 'p:a', project: TEST_PROJECT.hash, site: 'shop.example.org', firstSeenAt: new Date(0) };
  const sources = {
    projects: {
      find: async (hash: string) => (hash === TEST_PROJECT.hash ? TEST_PROJECT : undefined),
      all: async () => [],
      customFieldKeys: async () => [],
    },
    sites: { withMd5: async () => [known] },
    countryOf: () => null,
  };
  for (const { kind, payload, becomes } of CASES)
    it(`makes ${becomes} of a ${kind} with ${JSON.stringify(payload, (_, value) => value ?? null)}`, async () => {
      const event = capturedEvent(kind, { payload });
      const { rejection, ...meaning } = interpret(event, await attribute(event, sources));
      assert.equal(rejection?.reason ?? Object.keys(meaning).join(', '), becomes);
    });
});
