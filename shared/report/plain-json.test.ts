import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseExactJson, stringifyExactJson } from '../event/exact-json.ts';
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

  it('keeps numbers as they were sent, also in what nests too deep', () => {
    const text = '{"id":12345678901234567890,"list":[1.10,-0,1e400]}';
    assert.equal(stringifyExactJson(plainJson(parseExactJson(text))), text);
    const deep = parseExactJson(`${'['.repeat(30)}1.10${']'.repeat(30)}`);
    assert.match(stringifyExactJson(plainJson(deep)), /^\[{20}"\[{10}1\.10\]{10}"\]{20}$/);
  });

  it('puts a marker for what nests so deep that walking it would overflow the stack', () => {
    const deep = JSON.parse(`${'['.repeat(400_000)}${']'.repeat(400_000)}`);
    assert.match(JSON.stringify(plainJson(deep)), /^\[{20}"\[nested too deep\]"\]{20}$/);
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
