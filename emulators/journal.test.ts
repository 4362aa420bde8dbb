import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal } from './journal.ts';

describe('journal', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    file = join(folder, 'sub', 'journal.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = async () => {
    const records: number[] = [];
    const journal = await openJournal<number>(file, (record) => records.push(record));
    await journal.close();
    return records;
  };

  it('has every acknowledged record in the file, in order', async () => {
    const journal = await openJournal<number>(file, () => {});
    await Promise.all([1, 2, 3].map((n) => journal.append(n)));
    assert.equal(readFileSync(file, 'utf8'), '1\n2\n3\n');
    await journal.close();
    assert.deepEqual(await read(), [1, 2, 3]);
  });

  it('drops a line that a kill cut short, and goes on after it', async () => {
    await (await openJournal<number>(file, () => {})).close();
    appendFileSync(file, '1\n2');
    const journal = await openJournal<number>(file, () => {});
    await journal.append(3);
    await journal.close();
    assert.deepEqual(await read(), [1, 3]);
  });

  it('keeps what is appended around a rewrite, and nothing that the rewrite dropped', async () => {
    const journal = await openJournal<number>(file, () => {});
    const before = journal.append(1);
    const rewritten = journal.rewrite([10]);
    const after = journal.append(2);
    await Promise.all([before, rewritten, after]);
    await journal.close();
    assert.equal(journal.length, 2);
    assert.equal(readFileSync(file, 'utf8'), '10\n2\n');
  });
});
