import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { type Field, quote } from '../schema.ts';

/** What is known about a value's type before DuckDB binds it; none: nothing is known. */
export type Type = Pick<Field, 'type' | 'mode' | 'fields'>;

export interface Column {
  name: string;
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
  parameter(name: string | undefined): { sql: string; type: Type };
  /** Arguments of the table function whose body is being translated, by lower-case name. */
  arguments?: ReadonlyMap<string, { sql: string; type: Type }>;
  syntax: Syntax;
  /** Depth of views and table functions around. */
  depth: number;
  /** Finds what a path in FROM names. */
  resolve(path: readonly string[], statement: Statement): Relation;
  /** Finds a table function and gives its body, translated with these arguments. */
  call(path: readonly string[], args: readonly unknown[], scope: Scope): Relation;
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

/** A table, view, table function's result or subquery, as it can stand in FROM. */
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
  type: Type | undefined;
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

/** Looks a bare name up: a column, an element or a row by its alias, an alias of the SELECT list, an argument. */
export function resolveName(name: string, scope: Scope, place: string): Resolved {
  const alias = scope.aliases?.get(name.toLowerCase());
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer) {
    const found = inSources(name, level);
    if (found !== undefined) {
      if (level === scope && alias !== undefined && !alias.isColumn) {
        throw unsupportedQuery(`${name} here, as it names both a column and an alias`);
      }
      if (scope.statement.arguments?.has(name.toLowerCase())) {
        throw unsupportedQuery(`${name} here, as it names both a column and an argument`);
      }
      return found;
    }
    if (level === scope && alias !== undefined) return { sql: `(${alias.sql})`, type: alias.type };
  }
  const argument = scope.statement.arguments?.get(name.toLowerCase());
  if (argument !== undefined) return argument;
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
  if (row === undefined) return undefined;
  const fields = row.columns.flatMap(({ name, type }) => (type === undefined ? [] : [{ ...type, name }]));
  const known = fields.length === row.columns.length;
  return { sql: quote(row.alias), type: known ? { type: 'RECORD', mode: 'NULLABLE', fields } : undefined };
}

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
