import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalSite, cleanUrl, siteSpellings, urlMd5 } from './site-id.ts';

/** Of each site, urls that are one another's spellings. */
const SPELLINGS: Record<string, string[]> = {
  'a.example': [
    'https://a.example',
    'HTTP://A.Example/',
    'http://www.a.example/',
    '//a.example',
    'a.example',
    'http://a.example:443/',
    'https://a.example:80',
    'https://a.example:/',
    'https://a.example./',
    'https://a..example',
    'https://www..a.example',
    'https://.a.example',
    'https://a.example,',
    'https://a.example .',
    ' https://a.example ; ',
    '"https://a.example"',
    '<https://a.example>',
    'https://bob:secret@a.example/',
    'https://a.example/?lang=de#top',
    'https://a.example/index.php',
    'https://a.example/index.php/?p=1',
    'https://a.example/;jsessionid=0A1B',
    'https://a.example/x/..',
    'https://a.example/./',
    'http://https://a.example',
    'https://http://a.example',
    'https:https://a.example',
    'http:/a.example',
    'http:a.example',
    'https//a.example',
    'http:///a.example',
    'http:\\\\a.example',
    'https:\\/\\/a.example\\/',
    'https://a.example, https://b.example',
    'https://a.example,https://b.example',
    'https://a.example https://b.example/blog',
    'https://a.example/; b.example',
    'https://a.example, b.example',
    'a.example, b.example',
    'http://a.examplehttp://a.example',
    'https://a.example | Shop',
  ],
  'a.example/blog': [
    'https://a.example/blog',
    'https://a.example//blog//',
    'https://a.example/blog/index.php',
    'https://a.example/blog/Index.PHP?x=1',
    'https://a.example/x/../blog',
    'https://a.example/x/%2E%2e/blog',
    'https://a.example/%62log',
    'https://a.example/blog;jsessionid=0A1B2C.node1',
    'https://a.example/blog;JSESSIONID=1/index.php;jsessionid=2',
    'https://a.example/blog,',
    'https://a.example/blog.',
    'https://a.example/blog%20',
    'https://a.example/blog, https://a.example/shop',
    'https://a.example/blog\thttps://a.example/shop',
  ],
  'a.example/ブ': ['https://a.example/%e3%83%96', 'https://a.example/%E3%83%96', 'https://a.example/ブ'],
  'a.example/é': ['https://a.example/%C3%A9', 'https://a.example/e%CC%81', 'https://a.example/e\u0301'],
  'a.example/~bob': ['https://a.example/~bob', 'https://a.example/%7Ebob', 'https://a.example/%7ebob/'],
  'a.example/%E9': ['https://a.example/%e9', 'https://a.example/%E9/'],
  'a.example/a%2Fb': ['https://a.example/a%2fb', 'https://a.example/a%2Fb'],
  'a.example/my%20site': ['http://a.example/my site', 'http://a.example/my%20site/'],
  'a.example/x&y': [
    'https://a.example/x&#038;y/?a=1&#038;b=2',
    'https://a.example/x&y',
    'https://a.example/x&amp;amp;y',
  ],
  'xn--shne-5qa.example': [
    'https://Söhne.example',
    'https://xn--shne-5qa.example',
    'https://s%C3%B6hne.example',
    'https://so\u0308hne.example',
  ],
  'a.example:8080/x': ['a.example:8080/x', 'http://a.example:8080/x/', 'http:/www.a.example:08080//x'],
  '[::1]:8080/wp': ['http://[::1]:8080/wp', 'http://[0:0::1]:8080/wp/'],
  'www.example': ['http://www.example/'],
  x: ['http:///x'],
  'http:8080/x': ['http://http:8080/x', 'http:8080/x'],
  [`a.example/${'é'.repeat(1900)}`]: [`https://a.example/${'é'.repeat(1900)}`],
};

describe('canonicalSite', () => {
  for (const [site, urls] of Object.entries(SPELLINGS))
    for (const url of urls)
      it(`${url.slice(0, 60)} is ${site.slice(0, 40)}`, () => assert.equal(canonicalSite(url), site));

  for (const { title, one, other } of [
    { title: 'another port', one: 'http://a.example:8080', other: 'http://a.example' },
    { title: 'another path', one: 'http://a.example/Blog', other: 'http://a.example/blog' },
    { title: 'an escaped slash', one: 'http://a.example/a%2Fb', other: 'http://a.example/a/b' },
    { title: 'an escaped question mark', one: 'http://a.example/a%3Fb', other: 'http://a.example/a?b' },
    { title: 'an escaped escape', one: 'http://a.example/%2541', other: 'http://a.example/A' },
    { title: 'a file of another name', one: 'http://a.example/myindex.php', other: 'http://a.example' },
  ])
    it(`tells sites apart by ${title}`, () => assert.notEqual(canonicalSite(one), canonicalSite(other)));

  for (const { title, url } of [
    { title: 'an empty text', url: ' ' },
    { title: 'a scheme alone', url: 'https://' },
    { title: 'a path alone', url: '/wp' },
    { title: 'a query alone', url: 'http://?x' },
    { title: 'dots alone', url: 'http://...' },
    { title: 'another scheme', url: 'javascript:alert(1)' },
    { title: 'another scheme behind the right one', url: 'http://ftp://a.example' },
    { title: 'ftp', url: 'ftp://a.example' },
    { title: 'a mail link', url: 'mailto:bob@a.example' },
    { title: 'an e-mail address', url: 'bob@a.example' },
    { title: 'free text', url: 'not a url' },
    { title: 'a sentence', url: 'not a url x@y.example' },
    { title: 'a host with a space', url: 'https://my shop.example' },
    { title: 'what is too long', url: `http://a.example/${'x'.repeat(2048)}` },
    { title: 'what is too long when it is escaped', url: `http://a.example/${'"x'.repeat(900)}` },
    { title: 'entities without end', url: `http://a.example/?&${'amp;'.repeat(260_000)}` },
  ])
    it(`knows no site in ${title}`, () => assert.equal(canonicalSite(url), undefined));

  it('decodes entities that were escaped again and again', () =>
    assert.equal(canonicalSite(`http://a.example/x&${'amp;'.repeat(1000)}y`), 'a.example/x&y'));

  const parts = fc.array(
    fc.constantFrom(
      ...'aB.:/?#%&;,| \\"\'<~@é\u0301ブ\u3000K\u037e',
      'http://',
      'https:',
      '%26',
      'amp;',
      '%7',
      'E',
      '%c3%a9',
      'www.',
    ),
    { maxLength: 24 },
  );
  const anyUrl = fc.oneof(
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string(),
    parts.map((list) => list.join('')),
    parts.map((list) => `https://a.example/${list.join('')}`),
  );

  it('is idempotent, and never longer than its bound', () =>
    fc.assert(
      fc.property(anyUrl, (url) => {
        const site = canonicalSite(url);
        if (site === undefined) return;
        assert.equal(canonicalSite(site), site);
        assert.ok(site.length <= 2048);
      }),
      { numRuns: 2000 },
    ));

  it('is the same for a path that is escaped, in either case, and one that is not', () =>
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[\wé商ブ~-]{1,9}$/u), { minLength: 1, maxLength: 4 }), (segments) => {
        const plain = canonicalSite(`https://a.example/${segments.join('/')}`);
        const escaped = segments.map((segment) =>
          [...Buffer.from(segment)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
        );
        assert.equal(canonicalSite(`http://www.a.example//${escaped.join('//')}/`), plain);
        assert.equal(canonicalSite(`a.example/${escaped.join('/').toUpperCase()}?q`), plain);
      }),
    ));
});

describe('cleanUrl', () => {
  for (const [url, clean] of [
    ['https://editor:s3cretpw@a.example/wp?token=abc', 'https://a.example/wp'],
    ['https://shop.example.org', 'https://shop.example.org'],
    ['http://www.a.example:8080/blog/#top', 'http://www.a.example:8080/blog'],
    ['http://https://a.example', 'https://a.example'],
    ['a.example/x', 'http://a.example/x'],
    ['https://a.example/x, https://bob:pw@b.example/', 'https://a.example/x'],
    ['not a url', undefined],
  ] as const)
    it(`${url} is ${clean}`, () => assert.equal(cleanUrl(url), clean));

  it('keeps neither user, password, query nor fragment', () =>
    fc.assert(
      fc.property(fc.webUrl(), fc.stringMatching(/^[a-z]{8}$/), (url, secret) => {
        const { host, pathname } = new URL(url);
        fc.pre(!url.includes(secret));
        for (const place of [
          `u:${secret}@${host}${pathname}`,
          `${host}${pathname}?t=${secret}`,
          `${host}${pathname}#${secret}`,
        ])
          assert.doesNotMatch(cleanUrl(`https://${place}`) ?? '', new RegExp(secret));
      }),
    ));
});

describe('siteSpellings', () => {
  it('are eight urls of the same site', () => {
    const spellings = siteSpellings('a.example/blog');
    assert.equal(new Set(spellings).size, 8);
    assert.deepEqual([...new Set(spellings.map(canonicalSite))], ['a.example/blog']);
    assert.ok(spellings.includes('https://a.example/blog') && spellings.includes('http://www.a.example/blog/'));
  });
});

describe('urlMd5', () => {
  it('is what the captured client put into its User-Agent', () => {
    assert.equal(urlMd5('https://shop.example.org'), '6ea0a65d4dee544e5e0f4ff88b2e1c30');
  });
});
