import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mutantsOf } from './mutant.ts';

const ROOT = new URL('../../../', import.meta.url);
const MUTANTS = mutantsOf(JSON.parse(readFileSync(new URL('mutants.json', import.meta.url), 'utf8')));

describe('mutants.json', () => {
  it('has at least 40 faults', () => assert.ok(MUTANTS.length >= 40, String(MUTANTS.length)));

  for (const { what, file, find, replace, tests } of MUTANTS)
    it(`fits the code: ${what}`, () => {
      const text = readFileSync(new URL(file, ROOT), 'utf8');
      assert.equal(text.split(find).length - 1, 1, `${file} says it exactly once`);
      assert.notEqual(find, replace);
      for (const test of tests) assert.ok(existsSync(new URL(test, ROOT)), test);
    });
});
