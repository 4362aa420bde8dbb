import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote } from '../schema.ts';
import { conditionOf, expectTrait, unify } from './comparable.ts';
import { translateFrom } from './from.ts';
import { type Column, expression, type Relation, type Scope, structOf } from './scope.ts';
import { groupBy, type Item, orderByClause, selectItems } from './select-list.ts';
import { expectOnly, type Fields, integerLiteral, isNode, list, nameOf, open } from './tree.ts';

/** Translates a query: SELECT, a set operation, or one of them in parentheses. */
export function translateQuery(node: unknown, outer: Scope): Relation {
  const [kind, fields] = open(node);
  switch (kind) {
    case 'select':
      return select(fields, outer);
    case 'union':
    case 'intersect':
    case 'except':
      return setOperation(kind, fields, outer);
    case 'subquery':
    case 'paren': {
      expectOnly('a query', fields, 'this', 'order_by', 'limit', 'offset');
      if (fields.order_by || fields.limit || fields.offset)
        throw unsupportedQuery('ORDER BY after a query in parentheses');
      const inner = translateQuery(fields.this, outer);
      return { sql: `(${inner.sql})`, columns: inner.columns };
    }
  }
  throw unsupportedQuery(`the statement ${kind.replaceAll('_', ' ').toUpperCase()} here`);
}

/** A scope inside another one, that sees its names and its WITH. */
const inside = (outer: Scope): Scope => ({
  statement: outer.statement,
  outer,
  sources: [],
  merged: new Set(),
  ctes: outer.ctes,
});

/** Translates WITH and adds its names to the scope. */
function withClause(input: unknown, scope: Scope): string {
  if (!isNode(input)) return '';
  expectOnly('WITH', input, 'ctes');
  const ctes = new Map(scope.ctes);
  const parts = list(input.ctes).map((cte) => {
    const fields = cte as Fields;
    expectOnly('WITH', fields, 'alias', 'this');
    const name = nameOf(fields.alias) ?? '';
    const { sql, columns } = translateQuery(fields.this, { ...scope, ctes });
    ctes.set(name.toLowerCase(), [...columns]);
    return `${quote(name)} AS (${sql})`;
  });
  scope.ctes = ctes;
  return `WITH ${parts.join(', ')} `;
}

const selectFields = ['expressions', 'from', 'joins', 'where_clause', 'group_by', 'having', 'qualify', 'order_by'];

function select(fields: Fields, outer: Scope): Relation {
  expectOnly('SELECT', fields, ...selectFields, 'limit', 'offset', 'distinct', 'with', 'kind');
  const scope = inside(outer);
  const withSql = withClause(fields.with, scope);
  const from = translateFrom(fields.from, list(fields.joins), scope);
  const where = condition('WHERE', fields.where_clause, scope);
  const items = selectItems(list(fields.expressions), scope);
  // from here on, clauses may use the names that SELECT gives
  const named: Scope = { ...scope, aliases: aliasesOf(items) };
  const group = groupBy(fields.group_by, items, scope);
  const having = condition('HAVING', fields.having, named);
  const qualify = condition('QUALIFY', fields.qualify, named);
  const order = orderByClause(fields.order_by, items, named);
  const limit = limitClause(fields.limit, fields.offset, scope);
  const { list: projection, columns } = project(items, fields);
  if (fields.distinct === true) expectTrait('grouping', 'SELECT DISTINCT', ...columns);
  const distinct = fields.distinct === true ? 'DISTINCT ' : '';
  const sql = `${withSql}SELECT ${distinct}${projection}${from}${where}${group}${having}${qualify}${order}${limit}`;
  return { sql, columns };
}

function project(items: readonly Item[], fields: Fields): { list: string; columns: Column[] } {
  const columns = items.flatMap((item) => item.columns);
  if (fields.kind === null || fields.kind === undefined) {
    return { list: items.map(({ sql }) => sql).join(', '), columns };
  }
  if (fields.kind !== 'STRUCT') throw unsupportedQuery(`SELECT AS ${String(fields.kind)}`);
  const packed = items.map(({ value }, i) => {
    const name = columns[i]?.name;
    if (value === undefined || name === undefined) throw unsupportedQuery('* in SELECT AS STRUCT');
    return `${quote(name)} := ${value.sql}`;
  });
  return { list: `struct_pack(${packed.join(', ')}) AS "f0_"`, columns: [{ name: 'f0_', type: structOf(columns) }] };
}

function aliasesOf(items: readonly Item[]) {
  const aliases = new Map<string, { sql: string; type: Column['type']; isColumn: boolean }>();
  for (const { value, alias, isColumn } of items) {
    if (value !== undefined && alias !== undefined) aliases.set(alias.toLowerCase(), { ...value, isColumn });
  }
  return aliases;
}

function condition(word: string, clause: unknown, scope: Scope): string {
  if (!isNode(clause)) return '';
  expectOnly(word, clause, 'this');
  return ` ${word} ${conditionOf(word, expression(clause.this, scope))}`;
}

function limitClause(limit: unknown, offset: unknown, scope: Scope): string {
  return count('LIMIT', limit, scope) + count('OFFSET', offset, scope);
}

function count(word: string, clause: unknown, scope: Scope): string {
  if (!isNode(clause)) return '';
  const node = 'this' in clause ? clause.this : clause;
  return ` ${word} ${integerLiteral(node) ?? expression(node, scope).sql}`;
}

function setOperation(kind: 'union' | 'intersect' | 'except', fields: Fields, outer: Scope): Relation {
  expectOnly(kind.toUpperCase(), fields, 'left', 'right', 'all', 'distinct', 'with', 'order_by', 'limit', 'offset');
  if (fields.all !== true && fields.distinct !== true) {
    throw invalidQuery(`Syntax error: Expected keyword ALL or keyword DISTINCT after ${kind.toUpperCase()}`);
  }
  if (fields.all === true && kind !== 'union') throw invalidQuery(`${kind.toUpperCase()} ALL is not supported`);
  const scope = inside(outer);
  const withSql = withClause(fields.with, scope);
  const left = translateQuery(fields.left, scope);
  const right = translateQuery(fields.right, scope);
  if (left.columns.length !== right.columns.length) {
    throw invalidQuery(`Queries in ${kind.toUpperCase()} have mismatched column count`);
  }
  const columns = left.columns.map(({ name, type }, i) => {
    const sides = [type, right.columns[i]?.type].map((side) => ({ sql: '', type: side }));
    return { name, type: unify(kind.toUpperCase(), sides).type };
  });
  if (fields.distinct === true) expectTrait('grouping', kind.toUpperCase(), ...columns);
  const word = `${kind.toUpperCase()}${fields.all === true ? ' ALL' : ''}`;
  const results = columns.map((column): Item => {
    const value = { sql: quote(column.name), type: column.type };
    return { sql: quote(column.name), value, alias: column.name, isColumn: false, columns: [column] };
  });
  const named: Scope = { ...scope, aliases: aliasesOf(results) };
  const order = orderByClause(fields.order_by, results, named);
  const limit = limitClause(fields.limit, fields.offset, scope);
  return { sql: `${withSql}${wrap(left.sql)} ${word} ${wrap(right.sql)}${order}${limit}`, columns };
}

/** In parentheses, so that neither side's ORDER BY, LIMIT or WITH leaks out. */
const wrap = (sql: string) => (sql.startsWith('(') && sql.endsWith(')') ? sql : `(${sql})`);
