import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LosslessNumber } from 'lossless-json';
import { mapTexts, withoutCredentials, withoutSecrets } from './secrets.ts';

describe('withoutCredentials', () => {
  for (const [text, rest] of [
    ['https://ed:pw@a.example/x?y=1', 'https://a.example/x?y=1'],
    ['see https://ed@a.example and ftp://u:p@b.example', 'see https://a.example and ftp://b.example'],
    ['mysql://u:p@ss@db.example/wp', 'mysql://db.example/wp'],
    ['{"url":"https://ed:pw@a.example"}', '{"url":"https://a.example"}'],
    ['https://a.example/@bob', 'https://a.example/@bob'],
    ['https://a.example/?mail=bob@a.example', 'https://a.example/?mail=bob@a.example'],
    ['bob@a.example', 'bob@a.example'],
  ] as const)
    it(`${text} becomes ${rest}`, () => assert.equal(withoutCredentials(text), rest));
});

describe('withoutSecrets', () => {
  for (const [text, rest] of [
    ['https://ed:pw@a.example/x?token=1#y', 'https://a.example/x'],
    ['a https://a.example?x=1 b? c', 'a https://a.example b? c'],
    ['{"url":"https://a.example/?t=1","n":1}', '{"url":"https://a.example/","n":1}'],
    ['why? #1', 'why? #1'],
  ] as const)
    it(`${text} becomes ${rest}`, () => assert.equal(withoutSecrets(text), rest));

  it('lets neither password nor token of any url through', () =>
    fc.assert(
      fc.property(fc.stringMatching(/^a\.[a-z]{2,9}(\/[\w~'.]{0,9}){0,3}$/), fc.string(), (page, text) => {
        const secret = 'Tr0ub4dor&3';
        const [host = ''] = page.split('/');
        for (const place of [`u:${secret}@${page}`, `${page}?t=${secret}`, `${host}#${secret}`])
          assert.ok(!withoutSecrets(`${text} https://${place} ${text}`).includes(secret));
      }),
    ));
});

describe('a text of a megabyte', () => {
  for (const piece of ['é', '://', '://a', '://@', '://a@b?', '?', '@'])
    it(`is read in a moment, also of ${piece}`, () => {
      const text = piece.repeat(1_000_000 / piece.length);
      assert.ok(withoutSecrets(text).length <= text.length);
    });
});

describe('mapTexts', () => {
  it('changes every text and nothing else', () => {
    const number = new LosslessNumber('1.10');
    const value = { a: ['x', 1, null, true, number, { b: 'y' }] };
    assert.deepEqual(
      mapTexts(value, (text) => `${text}!`),
      { a: ['x!', 1, null, true, number, { b: 'y!' }] },
    );
  });
});
