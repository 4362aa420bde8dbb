import assert from 'node:assert/strict';
import fc from 'fast-check';
import { csvLine } from './csv.ts';

describe('csvLine', () => {
  for (const { title, cell, line } of [
    { title: 'a text as it is', cell: 'a b', line: 'a b' },
    { title: 'quotes what would end a cell', cell: 'a,"b"\r\nc', line: '"a,""b""\r\nc"' },
    { title: 'a formula as text', cell: "=cmd|' /C calc'!A0", line: "'=cmd|' /C calc'!A0" },
    { title: 'a formula in full width as text', cell: '＝1+1', line: "'＝1+1" },
    { title: 'what a tab hides as text', cell: '\t=1', line: "'\t=1" },
    { title: 'a negative number as a number', cell: -1.5, line: '-1.5' },
    { title: 'nothing', cell: null, line: '' },
    { title: 'a truth', cell: true, line: 'true' },
    { title: 'a moment in UTC', cell: new Date(0), line: '1970-01-01T00:00:00.000Z' },
  ])
    it(title, () => assert.equal(csvLine([cell]), `${line}\r\n`));

  it('is read back as it was, but for the apostrophe', () =>
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (cells) => {
        const read = readLine(csvLine(cells));
        assert.deepEqual(
          read.map((cell, index) => (cell === cells[index] ? cell : cell.slice(1))),
          cells,
        );
        for (const cell of read) assert.doesNotMatch(cell, /^[=+\-@\t\r＝＋－＠]/);
      }),
    ));
});

/** RFC 4180, as a reader has it. */
function readLine(line: string): string[] {
  const cells: string[] = [];
  let rest = line;
  while (rest !== '') {
    const [whole, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(?:,|\r\n$)/.exec(rest) ?? [rest];
    cells.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    rest = rest.slice(whole.length);
    if (rest === '' && whole.endsWith(',')) cells.push('');
  }
  return cells;
}
