import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalSite } from '../../report/site-id.ts';
import { versionKey } from '../../report/versions.ts';
import { databaseKey, derivedFields, siteReversed, withDerived, withEmailKey, withoutOrphans } from './site-derived.ts';

const SITE = {
  site: 'shop.example.org/blog',
  optedOut: false,
  customFields: { plan: 'pro', seats: 5, list: ['x'], 'a．b': true },
};
const FULL = {
  ...SITE,
  ...{ projectVersion: '3.2.1', phpVersion: '8.2.36', phpMinor: '8.2', wpMinor: '6.5', database: 'MariaDB 10.11' },
  adminEmail: 'Bob@BÜCHER.example',
};

describe('derivedFields', () => {
  it('has a key of all that sites are listed by', () =>
    assert.deepEqual(derivedFields(FULL, ['seats', 'plan', 'a.b']), {
      versionKey: versionKey('3.2.1'),
      phpKey: versionKey('8.2'),
      wpKey: versionKey('6.5'),
      databaseKey: `MariaDB ${versionKey('10.11')}`,
      siteReversed: 'org.example.shop./blog',
      emailKey: 'bob@xn--bcher-kva.example',
      c1: 5,
      c2: 'pro',
      c3: true,
    }));

  it('has none of what is not known, of a list, and of an address that is not to be used', () => {
    assert.deepEqual(derivedFields(SITE, ['nothing', 'list']), { siteReversed: 'org.example.shop./blog' });
    assert.equal(derivedFields({ ...FULL, optedOut: true }, []).emailKey, undefined);
  });

  it('takes the place of what was derived before', () => {
    const before = withDerived({ ...FULL, ...derivedFields(FULL, ['plan']) }, ['seats']);
    assert.deepEqual(before, { ...FULL, ...derivedFields(FULL, ['seats']) });
    assert.deepEqual(withDerived({ ...SITE, ...derivedFields(FULL, ['plan']) }, []), {
      ...SITE,
      siteReversed: 'org.example.shop./blog',
    });
  });

  it('follows an opt-out and an opt-in', () => {
    const listed = withDerived(FULL, ['plan']);
    const { emailKey, ...others } = listed;
    assert.deepEqual(withEmailKey({ ...listed, optedOut: true }), { ...others, optedOut: true });
    assert.deepEqual(withEmailKey({ ...others, optedOut: false }), { ...others, emailKey });
  });

  it('goes with the field that it is derived from', () => {
    const { projectVersion: _p, adminEmail: _a, ...rest } = withDerived(FULL, ['plan']);
    const { versionKey: _v, emailKey: _e, ...left } = rest;
    assert.deepEqual(withoutOrphans(rest), left);
  });
});

describe('databaseKey', () => {
  it('sorts the versions of each product by themselves', () => {
    const sorted = ['MariaDB 10.3', 'MariaDB 10.11', 'MySQL 5.7', 'MySQL 8.0'];
    assert.deepEqual([...sorted].reverse().map(databaseKey).sort(), sorted.map(databaseKey));
  });
});

describe('siteReversed', () => {
  for (const { site, reversed } of [
    { site: 'example.org', reversed: 'org.example.' },
    { site: 'shop.example.org:8080/a.b/c', reversed: 'org.example.shop.:8080/a.b/c' },
    { site: '.example.org', reversed: 'org.example.' },
    { site: '[::1]:8080/x', reversed: '[::1].:8080/x' },
    { site: 'localhost', reversed: 'localhost.' },
  ])
    it(`of ${site} is ${reversed}`, () => assert.equal(siteReversed(site), reversed));

  it('begins with that of a domain where the host is the domain or below it, and nowhere else', () =>
    fc.assert(
      fc.property(fc.webUrl({ withFragments: false }), fc.domain(), fc.boolean(), (url, other, isBelow) => {
        const site = canonicalSite(url) ?? 'a.example';
        const host = (site.split(/[:/]/, 1)[0] as string).toLowerCase();
        const domain = isBelow ? host.split('.').slice(-2).join('.') : other;
        const isOf = host === domain || host.endsWith(`.${domain}`);
        assert.equal(siteReversed(site).startsWith(siteReversed(domain)), isOf);
      }),
    ));
});
