import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openTextReader } from './decode-text.ts';

const bytesOf = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))));

describe('openTextReader', () => {
  for (const { title, charset, bytes, text, exact } of [
    { title: 'UTF-8', bytes: bytesOf('Café 商店 €'), text: 'Café 商店 €', exact: true },
    { title: 'ASCII', bytes: bytesOf('Cafe'), text: 'Cafe', exact: true },
    { title: 'nothing', bytes: bytesOf(), text: '', exact: true },
    {
      title: 'UTF-8 that is cut in its last character',
      bytes: bytesOf('Bäckerei Müller Gesch', 0xc3),
      text: 'Bäckerei Müller Gesch\ufffd',
      exact: false,
    },
    {
      title: 'UTF-8 that is cut in its first character',
      bytes: bytesOf(0xa4, 'ck é'),
      text: '\ufffdck é',
      exact: false,
    },
    {
      title: 'UTF-8 with a stray byte in the middle',
      bytes: bytesOf('{"a":"Erro', 0xc3, '","b":"商店"}'),
      text: '{"a":"Erro\ufffd","b":"商店"}',
      exact: false,
    },
    {
      title: 'UTF-8 whose only character is the one that stands for a broken one',
      bytes: bytesOf('a\ufffdb', 0xc3),
      text: 'a\ufffdb\ufffd',
      exact: false,
    },
    { title: 'Latin-1', bytes: bytesOf('Caf', 0xe9, ' Gr', 0xfc, 0xdf, 'e'), text: 'Café Grüße', exact: false },
    { title: 'windows-1252', bytes: bytesOf('5 ', 0x80, ' ', 0x93, 'x', 0x94), text: '5 € “x”', exact: false },
    { title: 'a declared windows-1252', charset: 'ISO-8859-1', bytes: bytesOf('é', 0x80), text: 'Ã©€', exact: true },
    {
      title: 'a declared ISO-8859-15',
      charset: 'iso-8859-15',
      bytes: bytesOf('Caf', 0xe9, 0xa4),
      text: 'Café€',
      exact: true,
    },
    { title: 'a declared UTF-16', charset: 'utf-16le', bytes: Buffer.from('é商', 'utf16le'), text: 'é商', exact: true },
    {
      title: 'a declared Shift_JIS',
      charset: 'shift_jis',
      bytes: bytesOf(0x8f, 0xa4, 0x93, 0x58),
      text: '商店',
      exact: true,
    },
    {
      title: 'a declared Shift_JIS that is cut',
      charset: 'shift_jis',
      bytes: bytesOf(0x8f, 0xa4, 0x93),
      text: '商\ufffd',
      exact: false,
    },
    {
      title: 'UTF-8 that is declared as EUC-JP',
      charset: 'euc-jp',
      bytes: bytesOf('商店'),
      text: '商店',
      exact: false,
    },
    { title: 'a charset that nobody knows', charset: 'x-none', bytes: bytesOf('Café'), text: 'Café', exact: true },
  ])
    it(`reads ${title}`, () => {
      const reader = openTextReader(charset);
      assert.equal(reader.read(bytes), text);
      assert.equal(reader.isExact(), exact);
    });

  it('remembers a guess, and judges each piece by itself', () => {
    const reader = openTextReader();
    const pieces = [bytesOf('é'), bytesOf('a', 0xe9), bytesOf('é', 0xe9)].map((bytes) => reader.read(bytes));
    assert.deepEqual([pieces, reader.isExact()], [['é', 'aé', 'é\ufffd'], false]);
  });

  it('loses nothing but the bytes that are broken, wherever text is cut', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.nat(), (text, at) => {
        const bytes = bytesOf('é', text);
        const read = openTextReader().read(bytes.subarray(0, 2 + (at % bytes.length)));
        const whole = read.replace(/\ufffd$/, '');
        assert.ok(`é${text}`.startsWith(whole));
        assert.ok(read.length - whole.length <= 1);
      }),
    ));
});
