import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote, type Type } from '../schema.ts';
import { expectTrait } from './comparable.ts';
import { type Column, elementFields, expression, type Resolved, type Scope, type Source } from './scope.ts';
import { as, bareName, expectOnly, type Fields, inferredName, integerLiteral, isNode, list, nameOf } from './tree.ts';
import { orderItem } from './window.ts';

/** One item of a SELECT list; a star has several columns and no value. */
export interface Item {
  /** As it stands in the list, with its name. */
  sql: string;
  value: Resolved | undefined;
  /** Its name, when other clauses may use it. */
  alias: string | undefined;
  /** Whether the item is just the column of that name. */
  isColumn: boolean;
  columns: Column[];
}

/** Translates a SELECT list. Columns without a name are called f0_, f1_, …, as by the service. */
export function selectItems(nodes: readonly unknown[], scope: Scope): Item[] {
  let unnamed = 0;
  const items = nodes.flatMap((node): Item[] => {
    const star = as(node, 'star');
    if (star !== undefined) return [starItem(star, scope)];
    const aliased = as(node, 'alias');
    if (aliased !== undefined) expectOnly('AS', aliased, 'this', 'alias');
    const inner = aliased?.this ?? node;
    const alias = nameOf(aliased?.alias) ?? inferredName(inner);
    const name = alias ?? `f${unnamed++}_`;
    const value = expression(inner, scope);
    const isColumn = bareName(inner)?.toLowerCase() === name.toLowerCase();
    return [{ sql: `${value.sql} AS ${quote(name)}`, value, alias, isColumn, columns: [{ name, type: value.type }] }];
  });
  if (items.length === 0) throw invalidQuery('Syntax error: SELECT list must not be empty');
  return items;
}

/** `*` and `alias.*`, written out, with EXCEPT and REPLACE done. */
function starItem(star: Fields, scope: Scope): Item {
  expectOnly('*', star, 'table', 'except', 'replace');
  const qualifier = nameOf(star.table);
  const sources = qualifier === undefined ? scope.sources : [starSource(qualifier, scope)];
  if (sources.length === 0) throw invalidQuery('SELECT * must have a FROM clause');
  const excluded = new Set(list(star.except).map((name) => nameOf(name)?.toLowerCase()));
  const replaced = new Map(
    list(star.replace).map((item) => {
      const { this: node, alias } = item as Fields;
      return [nameOf(alias)?.toLowerCase(), expression(node, scope)];
    }),
  );
  const seen = new Set<string>();
  const columns = sources.flatMap(columnsOf).filter(({ column }) => {
    const name = column.name.toLowerCase();
    const isRepeat = qualifier === undefined && scope.merged.has(name) && seen.has(name);
    seen.add(name);
    return !isRepeat && !excluded.has(name);
  });
  for (const name of [...excluded, ...replaced.keys()]) {
    if (name !== undefined && !seen.has(name))
      throw invalidQuery(`Column ${name} in SELECT * EXCEPT list does not exist`);
  }
  const parts = columns.map(({ sql, column }) => {
    const name = column.name.toLowerCase();
    const merged = qualifier === undefined && scope.merged.has(name) ? quote(column.name) : sql;
    return { sql: replaced.get(name)?.sql ?? merged, name: column.name, type: replaced.get(name)?.type ?? column.type };
  });
  return {
    sql: parts.map(({ sql, name }) => `${sql} AS ${quote(name)}`).join(', '),
    value: undefined,
    alias: undefined,
    isColumn: false,
    columns: parts.map(({ name, type }) => ({ name, type })),
  };
}

function starSource(qualifier: string, scope: Scope): Source {
  const found = scope.sources.find(({ alias }) => alias.toLowerCase() === qualifier.toLowerCase());
  if (found === undefined) throw unsupportedQuery(`${qualifier}.* of anything but a table`);
  return found;
}

function columnsOf(source: Source): { sql: string; column: Column }[] {
  const { alias, columns, element } = source;
  if (element === undefined) {
    return columns.map((column) => ({ sql: `${quote(alias)}.${quote(column.name)}`, column }));
  }
  if (element.type === undefined) throw unsupportedQuery('* over UNNEST of an array whose type is not known here');
  const fields = elementFields(source);
  const [value, ...more] = columns.map((column) => ({ sql: `${quote(alias)}.${quote(column.name)}`, column }));
  if (fields.length === 0 || value === undefined) return value === undefined ? more : [value, ...more];
  const spread = fields.map((field) => {
    const type: Type = field;
    return { sql: `${value.sql}.${quote(field.name)}`, column: { name: field.name, type } };
  });
  return [...spread, ...more];
}

/** The place of the item in the result, when no star before it hides it. */
function ordinalOf(item: Item, items: readonly Item[]): number {
  const before = items.slice(0, items.indexOf(item));
  return before.reduce((count, { columns }) => count + columns.length, 1);
}

/**
 * GROUP BY. A name of the SELECT list wins over a column, which DuckDB would take; so items that stand in the list are
 * written as their place in it.
 */
export function groupBy(clause: unknown, items: readonly Item[], scope: Scope): string {
  if (!isNode(clause)) return '';
  expectOnly('GROUP BY', clause, 'expressions', 'all');
  if (clause.all !== true) {
    const parts = list(clause.expressions).map((node) => groupItem(node, items, scope));
    return ` GROUP BY ${parts.join(', ')}`;
  }
  // what is not grouped by is in aggregates, whose types may be any
  if (items.some(({ columns }) => columns.some(({ type }) => type?.type === 'JSON'))) {
    throw unsupportedQuery('GROUP BY ALL beside JSON');
  }
  return ' GROUP BY ALL';
}

function groupItem(node: unknown, items: readonly Item[], scope: Scope): string {
  const call = as(node, 'function');
  if (String(call?.name).toUpperCase() === 'ROLLUP') {
    const parts = list(call?.args).map((part) => grouped(byAlias(part, items)?.value ?? expression(part, scope)));
    return `ROLLUP (${parts.join(', ')})`;
  }
  const place = integerLiteral(node);
  const named = place === undefined ? byAlias(node, items) : itemAt(Number(place), items);
  if (named !== undefined) {
    grouped(named.value ?? { sql: '', type: named.columns[0]?.type });
    return place ?? String(ordinalOf(named, items));
  }
  if (place !== undefined) return place;
  const sql = grouped(expression(node, scope));
  const same = items.find(({ value }) => value?.sql === sql);
  return same === undefined ? sql : String(ordinalOf(same, items));
}

function grouped(value: Resolved): string {
  expectTrait('grouping', 'GROUP BY', value);
  return value.sql;
}

/** The item that holds the column of that place, or just the column. */
function itemAt(place: number, items: readonly Item[]): Item | undefined {
  const columns = items.flatMap((item) => item.columns.map((column) => ({ ...item, columns: [column] })));
  const found = columns[place - 1];
  if (found === undefined) throw invalidQuery(`Column number ${place} is out of range of the SELECT list`);
  return found;
}

const byAlias = (node: unknown, items: readonly Item[]): Item | undefined => {
  const name = bareName(node)?.toLowerCase();
  return name === undefined ? undefined : items.find(({ alias }) => alias?.toLowerCase() === name);
};

/** ORDER BY of a query: places, names of the SELECT list, and expressions. */
export function orderByClause(clause: unknown, items: readonly Item[], scope: Scope): string {
  if (!isNode(clause)) return '';
  expectOnly('ORDER BY', clause, 'expressions');
  const parts = list(clause.expressions).map((item) => {
    const node = (item as Fields).this;
    const place = integerLiteral(node);
    if (place !== undefined) {
      const [column] = itemAt(Number(place), items)?.columns ?? [];
      return orderItem(item, scope, { sql: place, type: column?.type });
    }
    const named = byAlias(node, items);
    if (named === undefined) return orderItem(item, scope);
    return orderItem(item, scope, { sql: String(ordinalOf(named, items)), type: named.columns[0]?.type });
  });
  return ` ORDER BY ${parts.join(', ')}`;
}
