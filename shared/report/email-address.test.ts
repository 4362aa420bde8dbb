import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressKey, addressKeysIn } from './email-address.ts';

describe('addressKey', () => {
  for (const [address, key] of [
    ['bob@example.org', 'bob@example.org'],
    [' Bob@EXAMPLE.org ', 'bob@example.org'],
    ['bob@bücher.example', 'bob@xn--bcher-kva.example'],
    ['bob@XN--BCHER-KVA.example', 'bob@xn--bcher-kva.example'],
    ['bob@example.org.', 'bob@example.org'],
    ['"a@b"@example.org', '"a@b"@example.org'],
    ['bob', 'bob'],
  ] as const)
    it(`of ${address} is ${key}`, () => assert.equal(addressKey(address), key));

  it('is idempotent', () =>
    fc.assert(fc.property(fc.emailAddress(), (address) => addressKey(addressKey(address)) === addressKey(address))));
});

describe('addressKeysIn', () => {
  for (const [text, keys] of [
    ['bob@example.org', ['bob@example.org']],
    ['Bob B. <Bob@Example.org>, "Ann" <ann@example.org>', ['bob@example.org', 'ann@example.org']],
    ['write to bob@bücher.example.', ['bob@xn--bcher-kva.example']],
    ['mailto:bob%40example.org?subject=x', ['bob@example.org']],
    ['bob&#64;example.org', ['bob@example.org']],
    ['[bob@example.org]', ['bob@example.org']],
    ["'bob@example.org'", ['bob@example.org']],
    ['O&#039;Brien@example.org', ["o'brien@example.org"]],
    ['https://a.example/?email=bob%40example.org', ['//a.example/?email=bob@example.org', 'bob@example.org']],
    ['a=b@example.org', ['a=b@example.org', 'b@example.org']],
    ['no address @ all', []],
    ['', []],
  ] as [string, string[]][])
    it(`of ${JSON.stringify(text)}`, () => assert.deepEqual(addressKeysIn(text), keys));

  it('finds an address in any text around it', () =>
    fc.assert(
      fc.property(fc.emailAddress(), fc.constantFrom('', ' ', '<', '(', '\n'), (address, before) => {
        fc.pre(!/"|^'|%40/.test(address));
        assert.ok(addressKeysIn(`${before}${address}${before === '<' ? '>' : ' ,'}`).includes(addressKey(address)));
      }),
    ));

  it('is bounded in time and length, whatever the text', () => {
    assert.equal(addressKeysIn('a@b.c,'.repeat(50_000)).length, 1);
    assert.equal(addressKeysIn(Array.from({ length: 1000 }, (_, n) => `a${n}@b.example`).join(' ')).length, 20);
    assert.deepEqual(addressKeysIn('a'.repeat(100_000)), []);
    assert.deepEqual(addressKeysIn(`${'a.'.repeat(100_000)}@`), []);
  });
});
