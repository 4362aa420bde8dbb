import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { binary, json, openDurable, text } from './durable.ts';

describe('durable tables', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'durable-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const filesWith = (word: string) =>
    readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(word));

  it('are there again after a close, each under its name', async () => {
    const before = await openDurable(folder);
    const numbers = before.table('numbers', text, json<number>());
    const bytes = before.table('bytes', binary, binary);
    before.write(() => {
      numbers.put('a', 1);
      bytes.put(Buffer.from([0, 255]), Buffer.alloc(100_000, 'x'));
    });
    await before.close();
    const after = await openDurable(folder);
    assert.deepEqual([...after.table('numbers', text, json<number>()).entries()], [['a', 1]]);
    assert.equal(after.table('bytes', binary, binary).get(Buffer.from([0, 255]))?.length, 100_000);
    await after.close();
  });

  it('keep all of a write or nothing, also of one within another', async () => {
    const durable = await openDurable();
    const table = durable.table('t', text, json<number>());
    const failing = (key: string) => () => {
      table.put(key, 0);
      throw new Error('no');
    };
    assert.throws(() => durable.write(failing('a')), /no/);
    const result = durable.write(() => {
      table.put('b', 1);
      assert.throws(() => durable.write(failing('c')), /no/);
      // sees what came before
      table.put('d', Number(table.get('b')) + 1);
      return 'done';
    });
    assert.equal(result, 'done');
    assert.deepEqual(
      [...table.entries()],
      [
        ['b', 1],
        ['d', 2],
      ],
    );
    await durable.close();
  });

  it('scan, count and find as a sorted map does', async () => {
    const durable = await openDurable();
    const table = durable.table('t', text, json<number>());
    const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 60 }), key, key, fc.boolean(), (keys, lower, upper, reverse) => {
        durable.write(() => {
          for (const each of table.keys()) table.remove(each);
          for (const [at, each] of keys.entries()) table.put(each, at);
        });
        const inRange = keys.filter((each) => byBytes(each, lower) >= 0 && byBytes(each, upper) < 0).sort(byBytes);
        assert.equal(table.count({ lower, upper }), inRange.length);
        assert.deepEqual([...table.keys({ lower, upper }, reverse)], reverse ? inRange.reverse() : inRange);
        assert.deepEqual([...table.keys()], [...keys].sort(byBytes));
        for (const [at, each] of keys.entries()) assert.deepEqual([table.get(each), table.peek(each)], [at, at]);
      }),
      { numRuns: 50 },
    );
    await durable.close();
  });

  it('may change while they are scanned', async () => {
    const durable = await openDurable();
    const table = durable.table('t', text, json<number>());
    const names = Array.from({ length: 100 }, (_, at) => String(at).padStart(3, '0'));
    durable.write(() => {
      for (const name of names) table.put(name, 1);
    });
    const seen: string[] = [];
    for (const name of table.keys()) {
      seen.push(name);
      durable.write(() => table.remove(name));
    }
    assert.deepEqual(seen, names);
    await durable.close();
  });

  const child = `
    import { json, openDurable, text } from ${JSON.stringify(new URL('./durable.ts', import.meta.url).href)};
    const durable = await openDurable(process.argv[1]);
    const table = durable.table('t', text, json());
    for (let at = 0; ; at += 1) {
      durable.write(() => [0, 1, 2].forEach((lane) => table.put(at + '-' + lane, 'SECRET')));
      if (at > 0) durable.write(() => table.put((at - 1) + '-0', 'CLEAN'));
      await new Promise((resolve) => process.stdout.write(at + '\\n', resolve));
    }`;

  it('outlive a kill -9 with all that was acknowledged', async () => {
    const args = ['--import', 'tsx/esm', '--input-type=module', '--eval', child, folder];
    const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let last = 0;
    for await (const line of createInterface({ input: writer.stdout })) {
      last = Number(line);
      if (last === 300) writer.kill('SIGKILL');
    }
    if (writer.signalCode === null) await once(writer, 'exit');
    assert.ok(last >= 300);
    const durable = await openDurable(folder);
    const table = durable.table('t', text, json());
    for (let at = 0; at < last; at += 1)
      assert.deepEqual(
        ['0', '1', '2'].map((lane) => table.get(`${at}-${lane}`)),
        ['CLEAN', 'SECRET', 'SECRET'],
      );
    await durable.close();
  });

  it('hold nothing of what was removed or overwritten after a close, in no table', async () => {
    const durable = await openDurable(folder);
    const small = durable.table('small', text, json<string>());
    const large = durable.table('large', text, json<string>());
    durable.write(() => {
      for (let at = 0; at < 500; at += 1) {
        small.put(`SECRET-${at}`, 'SECRET');
        large.put(`${at}`, 'SECRET '.repeat(3000));
      }
      small.put('kept', 'KEPT');
    });
    durable.write(() => {
      for (let at = 0; at < 500; at += 1) {
        small.remove(`SECRET-${at}`);
        large.put(`${at}`, 'clean');
      }
    });
    assert.deepEqual(filesWith('SECRET'), ['data.mdb']);
    await durable.close();
    assert.deepEqual([filesWith('SECRET'), filesWith('KEPT')], [[], ['data.mdb']]);
    const again = await openDurable(folder);
    assert.equal(again.table('large', text, json<string>()).count(), 500);
    await again.close();
  });

  it('rewrite no file for what may leave a trace, until something else is removed', async () => {
    const first = await openDurable(folder);
    const passing = first.table('passing', text, json<string>());
    first.write(() => passing.put('x', 'PASSED'));
    first.write(() => passing.remove('x', { leavesTrace: true }));
    await first.close();
    assert.deepEqual(filesWith('PASSED'), ['data.mdb']);
    const second = await openDurable(folder);
    const other = second.table('other', text, json<string>());
    second.write(() => other.put('y', 'z'));
    second.write(() => other.remove('y'));
    await second.close();
    assert.deepEqual(filesWith('PASSED'), []);
  });
});
