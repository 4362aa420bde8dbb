import { unsupportedQuery } from '../errors.ts';

/** A node of the parser's tree: one key, its kind, over its fields. */
export type Node = Readonly<Record<string, unknown>>;
/** The fields of a node. */
export type Fields = Readonly<Record<string, unknown>>;

/** Fields that say how the text was written, not what it means. */
const presentation = new Set([
  'span',
  'hints',
  'explicit_as',
  'alias_explicit_as',
  'alias_keyword',
  'alias_first',
  'explicit_asc',
  'original_name',
  'inferred_type',
  'nesting_group',
  'use_inner_keyword',
  'use_outer_keyword',
  'kind_text',
  'start_side_text',
  'end_side_text',
  'bracket_notation',
  'has_parens',
  'no_from',
  'quoted',
]);
const isPresentation = (key: string) => presentation.has(key) || key.endsWith('comments');

const isSet = (value: unknown) =>
  value !== null && value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The kind of a node and its fields. */
export function open(node: unknown): [kind: string, fields: Fields] {
  if (!isNode(node)) throw unsupportedQuery(`this syntax (${JSON.stringify(node)})`);
  const [kind] = Object.keys(node);
  if (kind === undefined) throw unsupportedQuery('this syntax');
  const fields = node[kind];
  return [kind, isNode(fields) ? fields : {}];
}

/** The fields of the node when it is of that kind. */
export function as(node: unknown, kind: string): Fields | undefined {
  if (!isNode(node)) return undefined;
  const fields = node[kind];
  return isNode(fields) ? fields : undefined;
}

/**
 * Refuses the query when the fields say anything but what the caller knows how to translate: what is not understood must
 * not be dropped in silence.
 */
export function expectOnly(what: string, fields: Fields, ...known: string[]): void {
  for (const [key, value] of Object.entries(fields)) {
    if (isSet(value) && !known.includes(key) && !isPresentation(key)) {
      throw unsupportedQuery(`${key.replaceAll('_', ' ')} in ${what.replaceAll('_', ' ')}`);
    }
  }
}

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The name in an identifier, or none. */
export function nameOf(identifier: unknown): string | undefined {
  return isNode(identifier) && typeof identifier.name === 'string' ? identifier.name : undefined;
}

/** The names along a table path: quoted parts may hold dots themselves (`project.dataset.table`). */
export function pathOf(table: Fields): string[] {
  return [table.catalog, table.schema, table.name].flatMap((part) => nameOf(part)?.split('.') ?? []);
}

/** The unqualified name that a column node holds: a column, a unit, or a parameter's `@name`. */
export function bareName(node: unknown): string | undefined {
  const column = as(node, 'column');
  return column !== undefined && !isSet(column.table) ? nameOf(column.name) : undefined;
}

/** The value of a string literal, or none. */
export function stringLiteral(node: unknown): string | undefined {
  const literal = as(node, 'literal');
  const isText = literal?.literal_type === 'string' || literal?.literal_type === 'raw_string';
  return isText ? String(literal.value) : undefined;
}

/** The value of a whole number literal, or none. */
export function integerLiteral(node: unknown): string | undefined {
  const literal = as(node, 'literal');
  return literal?.literal_type === 'number' && /^\d+$/.test(String(literal.value)) ? String(literal.value) : undefined;
}

/** The name that an expression gives a column that has no alias: the last part of a path. */
export function inferredName(node: unknown): string | undefined {
  const dot = as(node, 'dot');
  if (dot !== undefined) return nameOf(dot.field);
  const column = as(node, 'column');
  const name = bareName(node) ?? nameOf(column?.name);
  return name?.startsWith('@') ? undefined : name;
}
