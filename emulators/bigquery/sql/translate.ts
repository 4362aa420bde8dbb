import { type Catalog, dataName, type EntryName, type Routine, readName, type Table } from '../catalog.ts';
import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { castTo } from './cast.ts';
import { isConstant } from './constant.ts';
import { translateChange } from './dml.ts';
import { translateExpression } from './expression.ts';
import { type Token, tokensOf } from './lexer.ts';
import { parseStatement } from './parse.ts';
import { translateQuery } from './query.ts';
import { type Column, expression, type Relation, type Scope, type Statement, type Type } from './scope.ts';
import { open } from './tree.ts';

export const changeTypes = ['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'TRUNCATE_TABLE'] as const;
export type ChangeType = (typeof changeTypes)[number];

/** A query or DML statement in DuckDB's SQL. */
export interface Translation {
  type: 'SELECT' | ChangeType;
  sql: string;
  /** A query that gives a row when the statement must be refused. */
  refuseWhen?: string;
  /** The result's columns. */
  columns: readonly Column[];
  /** Keys of the parameters, in the order of `$1`, `$2`, …: a lower-case name, or a position from 0. */
  parameters: readonly (string | number)[];
  /** The tables that are read, also by way of views, and the one that is changed. */
  tables: readonly Table[];
  target?: Table;
}

/** What a statement is translated against. */
export interface Context {
  catalog: Catalog;
  project: string;
  /** Where a table without a dataset is. */
  dataset: string | undefined;
  /** Types of the parameters: by lower-case name, or by position. */
  parameters: ReadonlyMap<string | number, Type>;
}

const maxDepth = 16;

/** Translates a query or DML statement of BigQuery SQL. Throws `invalidQuery` for what is not known to be right. */
export function translate(sql: string, context: Context, tokens: readonly Token[] = tokensOf(sql)): Translation {
  const node = parseStatement(sql, tokens);
  const [kind] = open(node);
  const order: (string | number)[] = [];
  const tables = new Set<Table>();
  const statement = rootStatement(context, order, tables);
  if (kind === 'select' || kind === 'union' || kind === 'intersect' || kind === 'except' || kind === 'subquery') {
    const query = translateQuery(node, rootScope(statement));
    expectDistinctNames(query.columns);
    return { type: 'SELECT', ...query, parameters: order, tables: [...tables] };
  }
  let target: Table | undefined;
  const change = translateChange(node, statement, (path) => {
    target = tableAt(path, context);
    if (target.query !== undefined) throw invalidQuery(`Cannot modify ${target.name}: it is a view`);
    return { data: dataName(target), columns: columnsOf(target) };
  });
  const type = changeTypes.find((name) => name.toLowerCase().startsWith(kind));
  if (target === undefined || type === undefined) throw unsupportedQuery(`the statement ${kind.toUpperCase()}`);
  return { type, ...change, columns: [], parameters: order, tables: [...tables], target };
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
export function entryAt(
  path: readonly string[],
  { project, dataset }: Pick<Context, 'project' | 'dataset'>,
): EntryName {
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
      const place = `$${order.indexOf(key) + 1}`;
      return { sql: type.type === 'JSON' ? `CAST(${place} AS JSON)` : place, type };
    },
    resolve: (path, from) => {
      const table = tableAt(path, { ...context, project: from.project, dataset: from.dataset });
      if (table.query === undefined) {
        tables.add(table);
        return { sql: readName(table), columns: columnsOf(table) };
      }
      return body(table.query, { ...inner(from, table), arguments: new Map() });
    },
    call: (path, args, scope) => {
      const routine = context.catalog.routine(entryAt(path, scope.statement));
      return body(routine.body, { ...inner(scope.statement, routine), arguments: argumentsOf(routine, args, scope) });
    },
  };
  return statement;
}

/** The statement that a view's or a table function's query is: of its own project, without parameters. */
function inner(from: Statement, { project, name }: EntryName): Statement {
  if (from.depth >= maxDepth) throw invalidQuery(`Views are nested too deeply at ${name}`);
  const parameter = () => {
    throw invalidQuery('Query parameters cannot be used in views and functions');
  };
  return { ...from, project, dataset: undefined, depth: from.depth + 1, parameter };
}

function body(sql: string, statement: Statement): Relation {
  return translateQuery(parseStatement(sql, tokensOf(sql)), rootScope(statement));
}

/** A table function's arguments, cast to their types. They are written into its body, so must be the same for all rows. */
function argumentsOf({ name, arguments: declared }: Routine, args: readonly unknown[], scope: Scope) {
  if (args.length !== declared.length)
    throw invalidQuery(`Number of arguments does not match for table function ${name}`);
  return new Map(
    declared.map((field, i) => {
      if (!isConstant(args[i])) throw unsupportedQuery('arguments of a table function that are not constant');
      const value = expression(args[i], scope);
      const sql = value.type?.mode === 'REPEATED' ? value.sql : castTo(value, field, false);
      return [field.name.toLowerCase(), { sql, type: field }] as const;
    }),
  );
}
