import assert from 'node:assert/strict';
import type { JsonObject } from '../../../shared/event/envelope.ts';
import { type Kind, objectName } from '../../../shared/event/object-name.ts';
import { keyOf, type Traces, tracesOf } from '../../../shared/report/event-keys.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { type ShareSources, sharesOf } from './site-share.ts';

const ADA = 'ada@example.org';
const SITE = 'shop.example.org';
const { hash: projectHash } = TEST_PROJECT;
const nameOf = (kind: Kind, id: number) => objectName(kind, '2026-03-09T07:00:00.000Z', `said-event-${id}`);
const share = (sources: Partial<ShareSources>) => {
  const [judged] = sharesOf([SITE], { projectHash, email: ADA, traces: new Map(), found: [], rows: [], ...sources });
  return [judged?.share.holding, judged?.share.events, judged?.share.removes];
};

describe('sharesOf', () => {
  const traced = (...said: [Kind, JsonObject][]) => {
    const traces = said.map(([kind, payload], id): [string, Traces] => [
      nameOf(kind, id),
      tracesOf(capturedEvent(kind, { payload: { url: `https://${SITE}`, admin_email: undefined, ...payload } })),
    ]);
    return { traces: new Map(traces) };
  };
  const admin = { admin_email: 'Ada <ADA@example.org>' };
  const other = { admin_email: 'bob@example.org' };
  for (const { title, said, expected } of [
    {
      title: 'the address, by its reports',
      said: [
        ['track', admin],
        ['track', admin],
      ],
      expected: [2, 2, 'site'],
    },
    {
      title: 'nobody, for a deactivation has none',
      said: [
        ['track', admin],
        ['deactivate', {}],
      ],
      expected: [1, 2, 'events'],
    },
    {
      title: 'the address that a deactivation has',
      said: [['deactivate', { user_email: ADA }]],
      expected: [1, 1, 'site'],
    },
    {
      title: 'nobody, for a report has another',
      said: [
        ['track', admin],
        ['track', other],
      ],
      expected: [1, 2, 'events'],
    },
    {
      title: 'nobody, for one other is older than many',
      said: [['track', other], ...Array(9).fill(['track', admin])],
      expected: [9, 10, 'events'],
    },
    {
      title: 'nobody, for a report has none',
      said: [
        ['track', admin],
        ['track', {}],
      ],
      expected: [1, 2, 'events'],
    },
    {
      title: 'nobody, for a report just mentions it',
      said: [
        ['track', admin],
        ['track', { ...other, extra: ADA }],
      ],
      expected: [2, 2, 'events'],
    },
    {
      title: 'nobody, for a deactivation has another',
      said: [
        ['track', admin],
        ['deactivate', other],
      ],
      expected: [1, 2, 'events'],
    },
    {
      title: 'the address, for what is of another site or project',
      said: [
        ['track', admin],
        ['track', { ...other, url: 'https://b.example' }],
        ['track', { ...other, hash: 'other' }],
      ],
      expected: [1, 1, 'site'],
    },
  ] as { title: string; said: [Kind, JsonObject][]; expected: unknown[] }[])
    it(`gives a site to ${title}`, () => assert.deepEqual(share(traced(...said)), expected));

  const keyed = (kind: Kind, id: number, ...keys: string[]) => keys.map((key) => ({ object: nameOf(kind, id), key }));
  const [site, email] = [keyOf(projectHash, 'site', SITE), keyOf(projectHash, 'email', ADA)];

  it('knows what objects that are gone held, by the index', () => {
    const own = [
      ...keyed('track', 1, site, email),
      ...keyed('deactivate', 2, email, site),
      ...keyed('track', 3, email),
    ];
    assert.deepEqual(share({ found: own }), [2, 2, 'site']);
    for (const kind of ['track', 'deactivate'] as const)
      assert.deepEqual(share({ found: [...own, ...keyed(kind, 4, site)] }), [2, 3, 'events']);
  });

  it('gives a site to the address, whoever sent what has no url', () => {
    const { traces } = traced(['track', admin], ['deactivate', { hash: undefined, url: undefined }]);
    const found = [...keyed('track', 0, site, email), ...keyed('deactivate', 1, site)];
    assert.deepEqual(share({ traces, found }), [1, 2, 'site']);
  });

  it('knows it by their rows, where no index has them', () => {
    const row = (id: number, adminEmail: string | null, texts: string | null = null) => ({
      ...{ object: nameOf('track', id), site: SITE, urlMd5: null, adminEmail, texts },
    });
    assert.deepEqual(share({ rows: [row(1, 'ADA@example.org'), row(2, 'ada@example.org')] }), [2, 2, 'site']);
    assert.deepEqual(share({ rows: [row(1, ADA), row(2, 'bob@example.org', `for ${ADA}`)] }), [2, 2, 'events']);
    assert.deepEqual(share({ rows: [row(1, ADA), row(2, null)] }), [1, 2, 'events']);
  });
});
