import { unsupportedQuery } from '../errors.ts';
import { expectTrait } from './comparable.ts';
import { expression, type Resolved, type Scope } from './scope.ts';
import { expectOnly, type Fields, integerLiteral, isNode, list } from './tree.ts';

/** One item of ORDER BY. NULLs come first in ascending order, as the engine was told when it was opened. */
export function orderItem(item: unknown, scope: Scope, known?: Resolved): string {
  const fields = item as Fields;
  expectOnly('ORDER BY', fields, 'this', 'desc', 'nulls_first');
  const nulls = typeof fields.nulls_first === 'boolean' ? ` NULLS ${fields.nulls_first ? 'FIRST' : 'LAST'}` : '';
  const value = known ?? expression(fields.this, scope);
  expectTrait('order', 'ORDER BY', value);
  return `${value.sql}${fields.desc === true ? ' DESC' : ''}${nulls}`;
}

/** ` ORDER BY …` of an aggregate or a window, or nothing. */
export function orderBy(items: unknown, scope: Scope): string {
  const all = list(items).map((item) => orderItem(item, scope));
  return all.length === 0 ? '' : ` ORDER BY ${all.join(', ')}`;
}

/** What stands behind OVER. */
export function windowSpec(over: unknown, scope: Scope): string {
  const fields = isNode(over) ? over : {};
  expectOnly('OVER', fields, 'partition_by', 'order_by', 'frame');
  const partition = list(fields.partition_by).map((node) => {
    const value = expression(node, scope);
    expectTrait('partitioning', 'PARTITION BY', value);
    return value.sql;
  });
  const by = partition.length === 0 ? '' : `PARTITION BY ${partition.join(', ')}`;
  return `(${by}${orderBy(fields.order_by, scope)} ${frame(fields.frame)})`;
}

function frame(input: unknown): string {
  if (!isNode(input)) return '';
  expectOnly('a window frame', input, 'kind', 'start', 'end');
  const kind = String(input.kind).toUpperCase();
  if (kind !== 'ROWS' && kind !== 'RANGE') throw unsupportedQuery(`${kind} frames`);
  return `${kind} BETWEEN ${bound(input.start)} AND ${input.end === null || input.end === undefined ? 'CURRENT ROW' : bound(input.end)}`;
}

const fixedBounds: Readonly<Record<string, string>> = {
  CurrentRow: 'CURRENT ROW',
  UnboundedPreceding: 'UNBOUNDED PRECEDING',
  UnboundedFollowing: 'UNBOUNDED FOLLOWING',
};

function bound(input: unknown): string {
  const fixed = typeof input === 'string' ? fixedBounds[input] : undefined;
  if (fixed !== undefined) return fixed;
  for (const direction of ['Preceding', 'Following']) {
    const rows = isNode(input) ? integerLiteral(input[direction]) : undefined;
    if (rows !== undefined) return `${rows} ${direction.toUpperCase()}`;
  }
  throw unsupportedQuery('this window frame');
}
