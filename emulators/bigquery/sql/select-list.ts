import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote } from '../schema.ts';
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

/** `*` and `alias.*`, written out, without what EXCEPT names. */
function starItem(star: Fields, scope: Scope): Item {
  expectOnly('*', star, 'table', 'except');
  const qualifier = nameOf(star.table);
  const sources = scope.sources.filter(({ alias }) => qualifier === undefined || sameName(alias, qualifier));
  if (sources.length === 0) throw unsupportedQuery(`${qualifier ?? ''}* of anything but a table`);
  const excluded = list(star.except).map((name) => nameOf(name)?.toLowerCase() ?? '');
  const seen = new Set<string>();
  const columns = sources.flatMap(columnsOf).filter(({ name }) => {
    const key = name.toLowerCase();
    const isRepeat = qualifier === undefined && scope.merged.has(key) && seen.has(key);
    seen.add(key);
    return !isRepeat && !excluded.includes(key);
  });
  const stray = excluded.find((name) => !seen.has(name));
  if (stray !== undefined) throw invalidQuery(`Column ${stray} in SELECT * EXCEPT list does not exist`);
  const parts = columns.map(({ sql, name }) => {
    const isMerged = qualifier === undefined && scope.merged.has(name.toLowerCase());
    return `${isMerged ? quote(name) : sql} AS ${quote(name)}`;
  });
  return { sql: parts.join(', '), value: undefined, alias: undefined, isColumn: false, columns };
}

const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** A source's columns; UNNEST of an array of STRUCT has the fields instead of the element. */
function columnsOf(source: Source): (Column & { sql: string })[] {
  const columns = source.columns.map((column) => ({
    ...column,
    sql: `${quote(source.alias)}.${quote(column.name)}`,
  }));
  const fields = elementFields(source);
  const [element, ...more] = columns;
  if (fields.length === 0 || element === undefined) return columns;
  const spread = fields.map((field) => ({ name: field.name, type: field, sql: `${element.sql}.${quote(field.name)}` }));
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
  expectOnly('GROUP BY', clause, 'expressions');
  const parts = list(clause.expressions).map((node) => groupItem(node, items, scope));
  return ` GROUP BY ${parts.join(', ')}`;
}

function groupItem(node: unknown, items: readonly Item[], scope: Scope): string {
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
