import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { tokensOf } from './lexer.ts';
import { parseStatement } from './parse.ts';

const readJson = (path: string) => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'));

describe('parseStatement', () => {
  // @polyglot-sql/sdk asks for Node 22 in every version, and runs on 20.20: the lock file leaves that out, as npm would warn
  it('needs no newer Node than package.json promises, so that npm ci has nothing to warn of', () => {
    const [, promised] = /^>=(\d+)/.exec(readJson('package.json').engines.node) ?? [];
    const packages: Record<string, { engines?: { node?: string } }> = readJson('package-lock.json').packages;
    const newer = Object.entries(packages).filter(([, { engines }]) => {
      const least = engines?.node?.split('||').map((range) => Number(/\d+/.exec(range)?.[0] ?? 0)) ?? [0];
      return Math.min(...least) > Number(promised);
    });
    assert.deepEqual(
      newer.map(([path]) => path),
      [],
    );
    const sql = 'SELECT 1 AS a FROM `p.d.t` WHERE b = @c';
    assert.ok('select' in parseStatement(sql, tokensOf(sql)));
  });
});
