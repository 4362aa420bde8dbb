import assert from 'node:assert/strict';
import fc from 'fast-check';
import { plainJson } from './plain-json.ts';

describe('plainJson', () => {
  it('repairs lone surrogates and drops NUL, in texts and keys', () => {
    assert.deepEqual(plainJson({ 'a\u0000b': ['\ud800x'] }), { ab: ['\ufffdx'] });
  });

  it('keeps what nests too deep as its JSON text', () => {
    const deep = JSON.parse(`${'['.repeat(1000)}1${']'.repeat(1000)}`);
    const text = JSON.stringify(plainJson(deep));
    assert.match(text, /^\[{20}"\[{980}1\]{980}"\]{20}$/);
  });

  it('changes nothing of ordinary JSON', () =>
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const json = JSON.parse(JSON.stringify(value).replaceAll('\\u0000', ''));
        if (JSON.stringify(json).isWellFormed() && !/\\ud[89a-f]/.test(JSON.stringify(json))) {
          assert.deepEqual(plainJson(json), json);
        }
      }),
    ));
});
