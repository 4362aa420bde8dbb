import assert from 'node:assert/strict';
import { objectName } from '../../../shared/event/object-name.ts';
import { keyOf, NO_PROJECT, type Traces, tracesOf } from '../../../shared/report/event-keys.ts';
import { urlMd5 } from '../../../shared/report/site-id.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { foreignMd5s } from './foreign-md5s.ts';

const { hash: projectHash } = TEST_PROJECT;
const MD5 = urlMd5('https://victim.example');
const at = (minute: number) => `2026-03-09T07:${String(minute).padStart(2, '0')}:00.000Z`;
const nameOf = (minute: number) => objectName('track', at(minute), `event-of-minute-${minute}`);

/** An event of a site that sent the md5 along. */
const sent = (minute: number, url = 'https://own.example'): [string, Traces] => [
  nameOf(minute),
  tracesOf(capturedEvent('track', { userAgent: `Appsero/${MD5};`, payload: { url } })),
];
/** That the index finds by a name. */
const found = (minute: number, kind: 'site' | 'md5', name: string, scope = projectHash) => ({
  object: nameOf(minute),
  key: keyOf(scope, kind, name),
  receivedAt: at(minute),
});
const judged = (sources: { traces: [string, Traces][]; found: ReturnType<typeof found>[] }) => [
  ...foreignMd5s([MD5], {
    projectHash,
    sites: new Set(['own.example']),
    traces: new Map(sources.traces),
    found: sources.found,
  }),
];

describe('foreignMd5s', () => {
  const report = found(20, 'site', 'own.example');
  for (const { title, first, expected } of [
    { title: 'has one that an event without a url had before', first: found(10, 'md5', MD5), expected: [MD5] },
    { title: 'has one of an event that names no project', first: found(10, 'md5', MD5, NO_PROJECT), expected: [MD5] },
    { title: 'has none that came later', first: found(30, 'md5', MD5), expected: [] },
    { title: 'has none that came at the same moment', first: found(20, 'md5', MD5), expected: [] },
    { title: 'has none of another project', first: found(10, 'md5', MD5, 'other'), expected: [] },
  ])
    it(title, () => assert.deepEqual(judged({ traces: [sent(20)], found: [report, first] }), expected));

  it('has none that the site had sent along before, and again later', () => {
    const all = [found(5, 'site', 'own.example'), report, found(10, 'md5', MD5)];
    assert.deepEqual(judged({ traces: [sent(5), sent(20)], found: all }), []);
  });

  it('asks nobody but the sites themselves', () => {
    const all = [found(5, 'site', 'b.example'), report, found(10, 'md5', MD5)];
    assert.deepEqual(judged({ traces: [sent(5, 'https://b.example'), sent(20)], found: all }), [MD5]);
  });

  it('has none of which only the site tells', () =>
    assert.deepEqual(judged({ traces: [sent(20)], found: [report] }), []));
});
