import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { openTerminal, section, table } from './terminal.ts';

describe('table', () => {
  it('aligns columns under their headings', () =>
    assert.equal(
      table(
        ['name', 'on'],
        [
          ['a', true],
          ['longer', null],
        ],
      ),
      'NAME    ON\na       yes\nlonger  -',
    ));

  it('is one line a row, whatever strangers sent', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.integer())), (rows) => {
        const text = table(['what', 'count'], rows);
        assert.equal(text.split('\n').length, rows.length + 1);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
        assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      }),
    ));
});

describe('section', () => {
  it('puts a list below its first value', () =>
    assert.equal(
      section([
        ['sites', ['a', 'b']],
        ['none', []],
      ]),
      'sites  a\n       b\nnone   -',
    ));
});

describe('openTerminal', () => {
  function openFake({ isTTY }: { isTTY: boolean }) {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const streams = { stdin: Object.assign(stdin, { isTTY }), stdout, stderr: Object.assign(stderr, { isTTY }) };
    return { ...streams, terminal: openTerminal(streams as unknown as Parameters<typeof openTerminal>[0]) };
  }

  it('asks on a terminal, and goes on after a yes', async () => {
    const { stdin, stderr, terminal } = openFake({ isTTY: true });
    stdin.write('yes\n');
    await terminal.confirm('Remove?');
    assert.match(String(stderr.read()), /Remove\? \[y\/N\]/);
  });

  for (const answer of ['', 'n', 'yesterday'])
    it(`ends the command after '${answer}'`, async () => {
      const { stdin, terminal } = openFake({ isTTY: true });
      stdin.write(`${answer}\n`);
      await assert.rejects(terminal.confirm('Remove?'), { exitCode: 1, message: 'nothing was done' });
    });

  it('takes the end of input for a no', async () => {
    const { stdin, terminal } = openFake({ isTTY: true });
    stdin.end();
    await assert.rejects(terminal.confirm('Remove?'), { exitCode: 1 });
  });

  it('asks nobody where there is no terminal', () => openFake({ isTTY: false }).terminal.confirm('Remove?'));

  it('prints a result as JSON for a program, and as text for a person', () => {
    const { stdout, terminal } = openFake({ isTTY: false });
    terminal.result({ a: 1 }, ({ a }) => `a is ${a}`, { json: true });
    terminal.result({ a: 1 }, ({ a }) => `a is ${a}`, {});
    assert.equal(String(stdout.read()), '{\n  "a": 1\n}\na is 1\n');
  });
});
