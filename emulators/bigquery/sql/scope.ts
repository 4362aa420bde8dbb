import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { type Field, quote, type Type } from '../schema.ts';

export interface Column {
  name: string;
  /** None: it is NULL in every row. */
  type: Type | undefined;
}

/** Something in FROM. */
export interface Source {
  alias: string;
  columns: readonly Column[];
  /** Set for UNNEST: the alias stands for an element, whose fields, when it is a STRUCT, are visible bare. */
  element?: { type: Type | undefined };
}

/** What a statement was found to use, and where it stands. */
export interface Statement {
  project: string;
  dataset: string | undefined;
  /** SQL and type for a query parameter, `undefined` name: the next positional one. Throws when it was not given. */
  parameter(name: string | undefined): Resolved;
  syntax: Syntax;
  /** Depth of views around. */
  depth: number;
  /** Finds what a path in FROM names. */
  resolve(path: readonly string[], statement: Statement): Relation;
}

/** The translators of what can hold one another; here, so that their modules need not import each other. */
export interface Syntax {
  expression(node: unknown, scope: Scope): Resolved;
  query(node: unknown, scope: Scope): Relation;
}

/** Translates an expression to DuckDB's SQL, in parentheses where it could be torn apart. */
export const expression = (node: unknown, scope: Scope): Resolved => scope.statement.syntax.expression(node, scope);

/** Translates a query that stands inside another one. */
export const queryOf = (node: unknown, scope: Scope): Relation => scope.statement.syntax.query(node, scope);

/** A table, view or subquery, as it can stand in FROM. */
export interface Relation {
  sql: string;
  columns: readonly Column[];
}

/** Where names are looked up, from the inside out. */
export interface Scope {
  statement: Statement;
  outer: Scope | undefined;
  sources: Source[];
  /** Lower-case names of columns merged by USING: bare, they are not ambiguous. */
  merged: Set<string>;
  ctes: ReadonlyMap<string, Column[]>;
  /** Names of the SELECT list, where the clause may use them; by lower-case name. */
  aliases?: ReadonlyMap<string, { sql: string; type: Type | undefined; isColumn: boolean }>;
}

export interface Resolved {
  sql: string;
  /** None: it is a bare NULL. */
  type: Type | undefined;
  /** A literal or a parameter, which BigQuery takes for a date or time where it is text. */
  isLiteral?: boolean;
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** A type under another mode. */
export function elementOf(type: Type | undefined): Type | undefined {
  return type === undefined ? undefined : { ...type, mode: 'NULLABLE' };
}

/** The field of a STRUCT, or of a JSON value, when it is known to be one. */
export function fieldOf(type: Type | undefined, name: string): Type | undefined {
  if (type?.type === 'JSON' && type.mode !== 'REPEATED') return { type: 'JSON', mode: 'NULLABLE' };
  if (type?.mode === 'REPEATED') throw invalidQuery(`Cannot access field ${name} on a value with type ARRAY`);
  const field = type?.fields?.find((candidate) => same(candidate.name, name));
  if (type !== undefined && field === undefined) {
    throw invalidQuery(
      type.type === 'RECORD'
        ? `Field name ${name} does not exist in STRUCT`
        : `Cannot access field ${name} on a value with type ${type.type}`,
    );
  }
  return field;
}

/** Looks a bare name up: a column, an element or a row by its alias, an alias of the SELECT list. */
export function resolveName(name: string, scope: Scope, place: string): Resolved {
  const alias = scope.aliases?.get(name.toLowerCase());
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const found = inSources(name, level);
    if (found !== undefined) {
      if (level === scope && alias !== undefined && !alias.isColumn) {
        throw unsupportedQuery(`${name} here, as it names both a column and an alias`);
      }
      return found;
    }
    if (level === scope && alias !== undefined) return { sql: `(${alias.sql})`, type: alias.type };
  }
  throw invalidQuery(`Unrecognized name: ${name}${place}`);
}

function inSources(name: string, { sources, merged }: Scope): Resolved | undefined {
  const found = sources.flatMap((source) => {
    const column = source.columns.find((candidate) => same(candidate.name, name));
    if (column !== undefined) return [{ sql: `${quote(source.alias)}.${quote(column.name)}`, type: column.type }];
    const field = elementFields(source).find((candidate) => same(candidate.name, name));
    if (field === undefined) return [];
    return [{ sql: `${quote(source.alias)}.${quote(source.alias)}.${quote(field.name)}`, type: field }];
  });
  const [first, second] = found;
  if (first !== undefined && merged.has(name.toLowerCase())) return { sql: quote(name), type: first.type };
  if (second !== undefined) throw invalidQuery(`Column name ${name} is ambiguous`);
  return first ?? rowOf(name, sources);
}

/** The fields that UNNEST of an array of STRUCT makes visible. */
export function elementFields({ element }: Source): readonly Field[] {
  return element?.type?.mode === 'REPEATED' ? [] : (element?.type?.fields ?? []);
}

function rowOf(name: string, sources: readonly Source[]): Resolved | undefined {
  const row = sources.find((source) => same(source.alias, name));
  return row && { sql: quote(row.alias), type: structOf(row.columns) };
}

/** The STRUCT of these fields; a bare NULL is INT64 there. */
export const structOf = (columns: readonly Column[]): Type => ({
  type: 'RECORD',
  mode: 'NULLABLE',
  fields: columns.map(({ name, type }) => ({ type: 'INTEGER', mode: 'NULLABLE', ...type, name })),
});

/** Looks `qualifier.name` up: a column of a source, else a field of what the qualifier names. */
export function resolveQualified(qualifier: string, name: string, scope: Scope, place: string): Resolved {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const source = level.sources.find(({ alias }) => same(alias, qualifier));
    if (source === undefined) continue;
    if (source.element !== undefined) break;
    const column = source.columns.find((candidate) => same(candidate.name, name));
    if (column === undefined) throw invalidQuery(`Name ${name} not found inside ${qualifier}${place}`);
    return { sql: `${quote(source.alias)}.${quote(column.name)}`, type: column.type };
  }
  const value = resolveName(qualifier, scope, place);
  return { sql: `${value.sql}.${quote(name)}`, type: fieldOf(value.type, name) };
}

/** Translates a function whose arguments are not all plain values, or whose literals must be looked at. */
export type SpecialFunction = (args: readonly unknown[], scope: Scope) => Resolved;
