import assert from 'node:assert/strict';
import fc from 'fast-check';
import { digestSet } from './digest-set.ts';

describe('digestSet', () => {
  it('has what was added, before and after more is, and nothing else', () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 60 }), fc.nat(60), (texts, some) => {
        const set = digestSet();
        for (const part of [texts.slice(0, some), texts.slice(some, 50)]) {
          for (const text of part) set.add(text);
          const added = new Set(texts.slice(0, set.size));
          for (const text of texts) assert.equal(set.has(text), added.has(text));
        }
      }),
    ));

  it('grows', () => {
    const set = digestSet();
    for (let n = 0; n < 5000; n += 1) set.add(`site ${n}`);
    assert.equal(set.size, 5000);
    assert.ok(set.has('site 0') && set.has('site 4999') && !set.has('site 5000'));
  });
});
