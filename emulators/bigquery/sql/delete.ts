import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { quote } from '../schema.ts';
import { conditionOf } from './comparable.ts';
import { type Column, expression, type Scope } from './scope.ts';
import { as, expectOnly, type Fields, isNode, nameOf, pathOf } from './tree.ts';

/** The path of the table that a DELETE changes. */
export function targetPath({ table }: Fields): string[] {
  const fields = as({ table }, 'table');
  if (fields === undefined) throw unsupportedQuery('this target');
  expectOnly('the target', fields, 'name', 'schema', 'catalog', 'alias');
  return pathOf(fields);
}

/** Translates DELETE. `data` is DuckDB's name of the table that holds the rows, quoted. */
export function translateDelete(fields: Fields, data: string, columns: readonly Column[], scope: Scope): string {
  expectOnly('DELETE', fields, 'table', 'alias', 'where_clause');
  const alias = nameOf(fields.alias) ?? nameOf(as(fields, 'table')?.alias) ?? targetPath(fields).at(-1) ?? '';
  scope.sources.push({ alias, columns });
  const { where_clause: clause } = fields;
  if (!isNode(clause)) throw invalidQuery('Syntax error: DELETE must have a WHERE clause');
  expectOnly('WHERE', clause, 'this');
  return `DELETE FROM ${data} AS ${quote(alias)} WHERE ${conditionOf('WHERE', expression(clause.this, scope))}`;
}
