import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalSite, urlMd5 } from './site-id.ts';

describe('canonicalSite', () => {
  for (const { title, url, site } of [
    { title: 'drops the scheme', url: 'https://a.example', site: 'a.example' },
    { title: 'needs no scheme', url: 'a.example:8080/x', site: 'a.example:8080/x' },
    { title: 'takes a protocol-relative url', url: '//a.example/x', site: 'a.example/x' },
    { title: 'lower-cases the host', url: 'HTTP://A.Example/', site: 'a.example' },
    { title: 'drops www.', url: 'http://www.a.example/', site: 'a.example' },
    { title: 'keeps a host that is www and a suffix', url: 'http://www.example/', site: 'www.example' },
    { title: 'drops :443 under http as well', url: 'http://a.example:443/', site: 'a.example' },
    { title: 'drops :80 under https as well', url: 'https://a.example:80', site: 'a.example' },
    { title: 'keeps another port', url: 'http://a.example:8080/', site: 'a.example:8080' },
    { title: 'keeps the path and its case', url: 'http://a.example/Blog/', site: 'a.example/Blog' },
    { title: 'drops query and fragment', url: 'https://a.example/?lang=de#top', site: 'a.example' },
    {
      title: 'decodes entities before it looks for a fragment',
      url: 'https://a.example/x&#038;y/?a=1&#038;b=2',
      site: 'a.example/x&y',
    },
    { title: 'writes an international host in punycode', url: 'https://Söhne.example', site: 'xn--shne-5qa.example' },
    { title: 'drops the root dot', url: 'https://a.example./', site: 'a.example' },
    { title: 'drops credentials', url: 'https://bob:secret@a.example/', site: 'a.example' },
    { title: 'keeps an IPv6 host', url: 'http://[::1]:8080/wp', site: '[::1]:8080/wp' },
    { title: 'knows no site in an empty text', url: ' ', site: undefined },
    { title: 'knows no site in another scheme', url: 'javascript:alert(1)', site: undefined },
    { title: 'knows no site in an e-mail address', url: 'mailto:bob@a.example', site: undefined },
    { title: 'knows no site in an address without a scheme', url: 'bob@a.example', site: undefined },
    { title: 'knows no site in a sentence', url: 'not a url x@y.example', site: undefined },
    { title: 'knows no site in ftp', url: 'ftp://a.example', site: undefined },
    { title: 'knows no site in a scheme that is cut', url: 'https:/a.example/x', site: undefined },
    {
      title: 'knows no site in entities without end',
      url: `http://a.example/?&${'amp;'.repeat(260_000)}`,
      site: undefined,
    },
    {
      title: 'decodes entities that were escaped again and again',
      url: `http://a.example/x&${'amp;'.repeat(1000)}y`,
      site: 'a.example/x&y',
    },
    { title: 'knows no site in free text', url: 'not a url', site: undefined },
    { title: 'knows no site in what is too long', url: `http://a.example/${'x'.repeat(2048)}`, site: undefined },
  ])
    it(title, () => assert.equal(canonicalSite(url), site));

  it('is idempotent', () =>
    fc.assert(
      fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string()), (url) => {
        const site = canonicalSite(url);
        if (site !== undefined) assert.equal(canonicalSite(site), site);
      }),
    ));
});

describe('urlMd5', () => {
  it('is what the captured client put into its User-Agent', () => {
    assert.equal(urlMd5('https://shop.example.org'), '6ea0a65d4dee544e5e0f4ff88b2e1c30');
  });
});
