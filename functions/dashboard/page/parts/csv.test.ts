import assert from 'node:assert/strict';
import fc from 'fast-check';
import { toCsv } from './csv.ts';

describe('toCsv', () => {
  it('quotes as RFC 4180 says, begins with a byte order mark, and leaves an unknown cell empty', () => {
    assert.equal(
      toCsv(
        ['Day', 'a "b", c'],
        [
          ['2026-11-24', null],
          ['x\ny', 1.5],
        ],
      ),
      '\uFEFFDay,"a ""b"", c"\r\n2026-11-24,\r\n"x\ny",1.5\r\n',
    );
  });

  it('makes text of what a spreadsheet would run, and leaves numbers alone', () => {
    for (const text of ['=cmd|calc', '+1', '-1', '@a', '\tx', '＝1'])
      assert.ok(toCsv([text], []).includes(`'${text}`), text);
    assert.equal(toCsv(['n'], [[-3]]), '\uFEFFn\r\n-3\r\n');
  });

  it('begins no cell of text with the sign of a formula', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const cell = toCsv(['n'], [[text]]).slice('\uFEFFn\r\n'.length);
        assert.doesNotMatch(cell, /^"?[=+\-@\t＝＋－＠]/);
      }),
    );
  });
});
