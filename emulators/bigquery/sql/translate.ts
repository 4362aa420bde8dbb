import { type Catalog, dataName, type EntryName, readName, type Table } from '../catalog.ts';
import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { engineType, type Type } from '../schema.ts';
import { targetPath, translateDelete } from './delete.ts';
import { translateExpression } from './expression.ts';
import { tokensOf } from './lexer.ts';
import { parseStatement } from './parse.ts';
import { translateQuery } from './query.ts';
import type { Column, Scope, Statement } from './scope.ts';
import { as } from './tree.ts';

/** A query or DELETE in DuckDB's SQL. */
export interface Translation {
  sql: string;
  /** The result's columns. */
  columns: readonly Column[];
  /** Keys of the parameters, in the order of `$1`, `$2`, …: a lower-case name, or a position from 0. */
  parameters: readonly (string | number)[];
  /** The tables that are read, also by way of views. */
  tables: readonly Table[];
  /** The one that DELETE changes. */
  target?: Table;
}

/** What a statement is translated against. */
interface Context {
  catalog: Catalog;
  project: string;
  /** Where a table without a dataset is. */
  dataset: string | undefined;
  /** Types of the parameters: by lower-case name, or by position. */
  parameters: ReadonlyMap<string | number, Type>;
}

const maxDepth = 16;

/** The statements that there are; any other is refused. */
export const statements = ['SELECT', 'DELETE'] as const;

/** Translates a query or DELETE of BigQuery SQL. Throws `invalidQuery` for what is not known to be right. */
export function translate(sql: string, context: Context): Translation {
  const tokens = tokensOf(sql);
  const [first] = tokens;
  if (first?.kind === 'word' && !['WITH', 'FROM', ...statements].includes(first.text)) {
    throw unsupportedQuery(`the statement ${first.text}`);
  }
  const node = parseStatement(sql, tokens);
  const parameters: (string | number)[] = [];
  const tables = new Set<Table>();
  const scope = rootScope(rootStatement(context, parameters, tables));
  const change = as(node, 'delete');
  if (change === undefined) {
    const query = translateQuery(node, scope);
    expectDistinctNames(query.columns);
    return { ...query, parameters, tables: [...tables] };
  }
  const target = tableAt(targetPath(change), context);
  if (target.query !== undefined) throw invalidQuery(`Cannot modify ${target.name}: it is a view`);
  const deleted = translateDelete(change, dataName(target), columnsOf(target), scope);
  return { sql: deleted, columns: [], parameters, tables: [...tables], target };
}

const rootScope = (statement: Statement): Scope => ({
  statement,
  outer: undefined,
  sources: [],
  merged: new Set(),
  ctes: new Map(),
});

const columnsOf = ({ fields }: Table): Column[] => fields.map((field) => ({ name: field.name, type: field }));

function expectDistinctNames(columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) {
      throw invalidQuery(`Duplicate column names in the result are not supported. Found duplicate(s): ${name}`);
    }
    seen.add(name.toLowerCase());
  }
}

/** Where a path of one to three names leads. */
function entryAt(path: readonly string[], { project, dataset }: Pick<Context, 'project' | 'dataset'>): EntryName {
  const [name, first, second, ...more] = [...path].reverse();
  if (name === undefined || more.length > 0) throw invalidQuery(`Invalid table name: ${path.join('.')}`);
  const inDataset = first ?? dataset;
  if (inDataset === undefined) {
    throw invalidQuery(`Table "${name}" must be qualified with a dataset (e.g. dataset.table).`);
  }
  if (inDataset.toUpperCase() === 'INFORMATION_SCHEMA') throw unsupportedQuery('INFORMATION_SCHEMA');
  return { project: second ?? project, dataset: inDataset, name };
}

function tableAt(path: readonly string[], context: Context): Table {
  if (path.at(-1)?.endsWith('*')) throw unsupportedQuery('wildcard tables');
  return context.catalog.table(entryAt(path, context));
}

function rootStatement(context: Context, order: (string | number)[], tables: Set<Table>): Statement {
  let position = 0;
  const statement: Statement = {
    project: context.project,
    dataset: context.dataset,
    depth: 0,
    syntax: { expression: translateExpression, query: translateQuery },
    parameter: (name) => {
      const key = name?.toLowerCase() ?? position++;
      const type = context.parameters.get(key);
      if (type === undefined) {
        throw invalidQuery(`Query parameter ${name === undefined ? `number ${position}` : `'${name}'`} not found`);
      }
      if (!order.includes(key)) order.push(key);
      // without its type DuckDB takes a bare one in a result for an INTEGER
      return { sql: `CAST($${order.indexOf(key) + 1} AS ${engineType(type)})`, type, isLiteral: true };
    },
    resolve: (path, from) => {
      const table = tableAt(path, { ...context, project: from.project, dataset: from.dataset });
      if (table.query === undefined) {
        tables.add(table);
        return { sql: readName(table), columns: columnsOf(table) };
      }
      return translateQuery(parseStatement(table.query, tokensOf(table.query)), rootScope(inner(from, table)));
    },
  };
  return statement;
}

/** The statement that a view's query is: of its own project, without parameters. */
function inner(from: Statement, { project, name }: EntryName): Statement {
  if (from.depth >= maxDepth) throw invalidQuery(`Views are nested too deeply at ${name}`);
  const parameter = () => {
    throw invalidQuery('Query parameters cannot be used in views');
  };
  return { ...from, project, dataset: undefined, depth: from.depth + 1, parameter };
}
