import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote } from '../schema.ts';
import { source, translateFrom } from './from.ts';
import { type Column, expression, queryOf, type Resolved, type Scope, type Statement } from './scope.ts';
import { streamedAt } from './streamed-at.ts';
import { as, expectOnly, type Fields, isNode, list, nameOf, open, pathOf } from './tree.ts';
import { isNumber, isType, standardName } from './types.ts';

/** The table that a statement changes. */
export interface Target {
  /** DuckDB's name of the table that holds the rows, quoted. */
  data: string;
  columns: readonly Column[];
}

export interface Change {
  sql: string;
  /** A query that gives a row when the statement must be refused, as a row would be changed twice. */
  refuseWhen?: string;
}

const leaveBuffer = `${quote(streamedAt)} = NULL`;

/** Finds the table that a path names and notes that the statement changes it. */
export type FindTarget = (path: readonly string[]) => Target;

/** Translates INSERT, UPDATE, DELETE, MERGE or TRUNCATE. */
export function translateChange(node: unknown, statement: Statement, find: FindTarget): Change {
  const [kind, fields] = open(node);
  const scope: Scope = { statement, outer: undefined, sources: [], merged: new Set(), ctes: new Map() };
  switch (kind) {
    case 'insert':
      return insert(fields, scope, find);
    case 'update':
      return update(fields, scope, find);
    case 'delete':
      return remove(fields, scope, find);
    case 'merge':
      return merge(fields, scope, find);
    case 'truncate': {
      expectOnly('TRUNCATE', fields, 'target', 'table');
      return { sql: `DELETE FROM ${find(tablePath(fields.table)).data}` };
    }
  }
  throw unsupportedQuery(`the statement ${kind.replaceAll('_', ' ').toUpperCase()}`);
}

function tablePath(table: unknown): string[] {
  const fields = as({ table }, 'table');
  if (fields === undefined) throw unsupportedQuery('this target');
  expectOnly('the target', fields, 'name', 'schema', 'catalog', 'alias');
  return pathOf(fields);
}

function columnNamed(target: Target, name: string | undefined): Column {
  const column = target.columns.find((candidate) => candidate.name.toLowerCase() === name?.toLowerCase());
  if (column === undefined) throw invalidQuery(`Column ${name} is not present in the table`);
  return column;
}

/** A literal becomes a date or time; else a value must have the column's type, which DuckDB would not insist on. */
function expectAssignable(value: Resolved, column: Column): void {
  const { type } = value;
  if (type === undefined || column.type === undefined || type.mode === 'REPEATED') return;
  const isTime = isType(column.type, 'DATE', 'TIMESTAMP', 'DATETIME', 'TIME');
  const fits =
    type.type === column.type.type ||
    (isNumber(type) && isNumber(column.type) && !(type.type === 'FLOAT' && column.type.type !== 'FLOAT')) ||
    (isTime && isType(type, 'STRING')) ||
    (isType(column.type, 'TIMESTAMP', 'DATETIME') && isType(type, 'DATE'));
  if (fits && column.type.mode !== 'REPEATED') return;
  throw invalidQuery(
    `Value has type ${standardName(type)} which cannot be inserted into column ${column.name}, which has type ${standardName(column.type)}`,
  );
}

function assignedValue(node: unknown, column: Column, scope: Scope): string {
  if (as(node, 'var')?.this === 'DEFAULT') throw unsupportedQuery('DEFAULT');
  const value = expression(node, scope);
  expectAssignable(value, column);
  return value.sql;
}

function insert(fields: Fields, scope: Scope, find: FindTarget): Change {
  expectOnly('INSERT', fields, 'table', 'columns', 'values', 'query');
  const target = find(tablePath(fields.table));
  const names = list(fields.columns).map(nameOf);
  const columns = names.length === 0 ? target.columns : names.map((name) => columnNamed(target, name));
  const into = `INSERT INTO ${target.data} (${columns.map(({ name }) => quote(name)).join(', ')})`;
  if (fields.query) {
    const query = queryOf(fields.query, scope);
    expectCount(query.columns.length, columns);
    query.columns.forEach((column, i) => {
      const into = columns[i];
      if (into !== undefined) expectAssignable({ sql: '', type: column.type }, into);
    });
    return { sql: `${into} ${query.sql}` };
  }
  const rows = list(fields.values).map((row) => `(${insertedRow(list(row), columns, scope)})`);
  return { sql: `${into} VALUES ${rows.join(', ')}` };
}

function insertedRow(values: readonly unknown[], columns: readonly Column[], scope: Scope): string {
  expectCount(values.length, columns);
  return columns.map((column, i) => assignedValue(values[i], column, scope)).join(', ');
}

function expectCount(count: number, columns: readonly Column[]): void {
  if (count !== columns.length)
    throw invalidQuery(`Inserted row has wrong column count; Has ${count}, expected ${columns.length}`);
}

/** Adds the changed table to the scope and gives it as `name AS alias`. */
function targetSource(target: Target, path: readonly string[], alias: string | undefined, scope: Scope): string {
  const name = alias ?? path.at(-1) ?? '';
  scope.sources.push({ alias: name, columns: target.columns });
  return `${target.data} AS ${quote(name)}`;
}

function whereClause(word: string, clause: unknown, scope: Scope): string {
  if (!isNode(clause)) throw invalidQuery(`Syntax error: ${word} must have a WHERE clause`);
  expectOnly('WHERE', clause, 'this');
  return ` WHERE ${expression(clause.this, scope).sql}`;
}

function update(fields: Fields, scope: Scope, find: FindTarget): Change {
  expectOnly('UPDATE', fields, 'table', 'set', 'from_clause', 'where_clause');
  const path = tablePath(fields.table);
  const target = find(path);
  const changed = targetSource(target, path, nameOf(as(fields, 'table')?.alias), scope);
  const from = fields.from_clause ? translateFrom(fields.from_clause, [], scope) : '';
  const where = whereClause('UPDATE', fields.where_clause, scope);
  const set = list(fields.set).map((pair) => {
    const [name, value] = list(pair);
    return assignment(target, nameOf(name), value, scope);
  });
  const sql = `UPDATE ${changed} SET ${[...set, leaveBuffer].join(', ')}${from}${where}`;
  if (from === '') return { sql };
  const alias = quote(scope.sources[0]?.alias ?? '');
  const others = from.replace(/^ FROM /, '');
  return { sql, refuseWhen: twice(`${changed} CROSS JOIN ${others}${where}`, alias) };
}

const twice = (from: string, alias: string) =>
  `SELECT 1 FROM ${from} GROUP BY ${alias}.rowid HAVING count(*) > 1 LIMIT 1`;

function assignment(target: Target, name: string | undefined, value: unknown, scope: Scope): string {
  if (name?.includes('.')) throw unsupportedQuery('an UPDATE of one field of a STRUCT');
  if (nameOf(as(value, 'column')?.name) === 'DEFAULT') throw unsupportedQuery('DEFAULT');
  const column = columnNamed(target, name);
  return `${quote(column.name)} = ${assignedValue(value, column, scope)}`;
}

function remove(fields: Fields, scope: Scope, find: FindTarget): Change {
  expectOnly('DELETE', fields, 'table', 'alias', 'where_clause');
  const path = tablePath(fields.table);
  const target = find(path);
  const alias = nameOf(fields.alias) ?? nameOf(as(fields, 'table')?.alias);
  const changed = targetSource(target, path, alias, scope);
  return { sql: `DELETE FROM ${changed}${whereClause('DELETE', fields.where_clause, scope)}` };
}

function merge(fields: Fields, scope: Scope, find: FindTarget): Change {
  expectOnly('MERGE', fields, 'this', 'using', 'on', 'whens');
  const aliased = as(fields.this, 'alias');
  const path = tablePath(as(aliased?.this ?? fields.this, 'table'));
  const target = find(path);
  const alias = nameOf(aliased?.alias) ?? nameOf(as(fields.this, 'table')?.alias);
  const changed = targetSource(target, path, alias, scope);
  const using = source(fields.using, scope);
  const on = expression(fields.on, scope).sql;
  const branches = list(as(fields.whens, 'whens')?.expressions).map((when) => {
    const branch = as(when, 'when');
    if (branch === undefined) throw unsupportedQuery('this MERGE');
    return mergeBranch(branch, target, scope);
  });
  const sql = `MERGE INTO ${changed} USING ${using} ON ${on} ${branches.map((branch) => branch.sql).join(' ')}`;
  const matched = branches.flatMap(({ matches }) => matches ?? []);
  if (matched.length === 0) return { sql };
  const changedName = quote(scope.sources[0]?.alias ?? '');
  return { sql, refuseWhen: twice(`${changed} JOIN ${using} ON ${on} WHERE ${matched.join(' OR ')}`, changedName) };
}

/** One WHEN; `matches`: when a pair of rows goes through it. */
function mergeBranch(branch: Fields, target: Target, merged: Scope): { sql: string; matches?: string } {
  expectOnly('WHEN', branch, 'matched', 'source', 'condition', 'then');
  const isMatched = as(branch.matched, 'boolean')?.value === true;
  const isBySource = as(branch.source, 'boolean')?.value === true;
  // a branch sees only the side that has a row
  const [changed, using] = merged.sources;
  const visible = isMatched ? merged.sources : [isBySource ? changed : using].flatMap((side) => side ?? []);
  const scope: Scope = { ...merged, sources: visible };
  const condition = branch.condition ? expression(branch.condition, scope).sql : undefined;
  const kind = isMatched ? 'MATCHED' : `NOT MATCHED BY ${isBySource ? 'SOURCE' : 'TARGET'}`;
  const when = `WHEN ${kind}${condition === undefined ? '' : ` AND ${condition}`} THEN`;
  const sql = `${when} ${mergeAction(branch.then, target, scope)}`;
  return isMatched ? { sql, matches: condition ?? 'TRUE' } : { sql };
}

function mergeAction(then: unknown, target: Target, scope: Scope): string {
  if (as(then, 'var')?.this === 'DELETE') return 'DELETE';
  const [verb, first, second] = list(as(then, 'tuple')?.expressions);
  const items = list(as(first, 'tuple')?.expressions);
  if (as(verb, 'var')?.this === 'UPDATE') {
    const set = items.map((item) => {
      const pair = as(item, 'eq');
      const name = nameOf(as(pair?.left, 'identifier')) ?? nameOf(as(pair?.left, 'column')?.name);
      return assignment(target, name, pair?.right, scope);
    });
    return `UPDATE SET ${[...set, leaveBuffer].join(', ')}`;
  }
  if (as(verb, 'var')?.this !== 'INSERT') throw unsupportedQuery('this MERGE');
  if (as(first, 'var')?.this === 'ROW') return insertRow(target, scope);
  const hasColumns = second !== undefined;
  const columns = hasColumns
    ? items.map((name) => columnNamed(target, nameOf(as(name, 'identifier'))))
    : target.columns;
  const values = hasColumns ? list(as(second, 'tuple')?.expressions) : items;
  const names = columns.map(({ name }) => quote(name)).join(', ');
  return `INSERT (${names}) VALUES (${insertedRow(values, columns, scope)})`;
}

/** `INSERT ROW`: the source's columns, by name. */
function insertRow(target: Target, scope: Scope): string {
  const [using] = scope.sources;
  if (using === undefined) throw unsupportedQuery('INSERT ROW here');
  const columns = using.columns.map(({ name }) => columnNamed(target, name));
  if (columns.length !== target.columns.length)
    throw invalidQuery('INSERT ROW needs all columns of the table in the source');
  const values = columns.map(({ name }) => `${quote(using.alias)}.${quote(name)}`);
  return `INSERT (${columns.map(({ name }) => quote(name)).join(', ')}) VALUES (${values.join(', ')})`;
}
