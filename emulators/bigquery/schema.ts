import { invalid, unsupported } from './errors.ts';
import { scalars } from './values.ts';

/** A column's type, in the names that results and table resources carry. */
export type FieldType = keyof typeof scalars | 'RECORD';
export type Mode = 'NULLABLE' | 'REQUIRED' | 'REPEATED';

/** A column, or a field of a RECORD, as in a table resource's `schema.fields`. */
export interface Field {
  name: string;
  type: FieldType;
  mode: Mode;
  description?: string;
  fields?: Field[];
}

/** What is known of a value. */
export type Type = Pick<Field, 'type' | 'mode' | 'fields'>;

const typeNames: readonly (readonly [FieldType, readonly string[]])[] = [
  ...Object.entries(scalars).map(([type, { names }]) => [type as FieldType, names] as const),
  ['RECORD', ['STRUCT']],
];

/** The type that a name of SQL stands for, in any case. */
export function sqlType(name: string): FieldType | undefined {
  return typeNames.find(([, names]) => names.includes(name.toUpperCase()))?.[0];
}

/** The type that a name of the REST API stands for: as in SQL (INT64) or in results (INTEGER). */
export function fieldType(name: string): FieldType | undefined {
  return typeNames.find(([type]) => type === name.toUpperCase())?.[0] ?? sqlType(name);
}

/** The type's name in messages. */
export function standardName({ type, mode }: Pick<Field, 'type' | 'mode'>): string {
  const name = type === 'RECORD' ? 'STRUCT' : scalars[type].names[0];
  return mode === 'REPEATED' ? `ARRAY<${name}>` : name;
}

/** Quotes a name for DuckDB. */
export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Quotes a string for DuckDB. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** DuckDB's type of one value of the field, without its mode. */
export function elementType({ type, fields }: Pick<Field, 'type' | 'fields'>): string {
  if (type === 'JSON') return 'JSON';
  if (type !== 'RECORD') return String(scalars[type].engine);
  return `STRUCT(${(fields ?? []).map((field) => `${quote(field.name)} ${engineType(field)}`).join(', ')})`;
}

/** DuckDB's type of the field. */
export function engineType(field: Pick<Field, 'type' | 'fields'> & { mode?: Mode }): string {
  return field.mode === 'REPEATED' ? `${elementType(field)}[]` : elementType(field);
}

const maxColumnNameChars = 300;
const knownKeys = new Set(['name', 'type', 'mode', 'description', 'fields']);

/** Reads `schema.fields` of a request. Throws `invalid` where the service would, or where the emulator cannot do it. */
export function readFields(input: unknown): Field[] {
  if (!Array.isArray(input)) throw invalid('Schema has no fields.');
  const fields = input.map(readField);
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (seen.has(name.toLowerCase())) throw invalid(`Field ${name} already exists in schema`);
    seen.add(name.toLowerCase());
  }
  return fields;
}

function readField(input: Record<string, unknown>): Field {
  const { name, description } = input;
  if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.length > maxColumnNameChars) {
    throw invalid(`Invalid field name "${name}". Fields must contain only letters, numbers, and underscores.`);
  }
  const unknown = Object.keys(input).find((key) => !knownKeys.has(key) && input[key] !== undefined);
  if (unknown !== undefined) throw unsupported(`the property ${unknown} of field ${name}`);
  const type = fieldType(String(input.type));
  if (type === undefined) throw invalid(`Invalid value for type: ${input.type} is not a valid value`);
  const mode = String(input.mode ?? 'NULLABLE').toUpperCase();
  if (mode !== 'NULLABLE' && mode !== 'REQUIRED' && mode !== 'REPEATED') {
    throw invalid(`Invalid value for mode: ${input.mode} is not a valid value`);
  }
  if (type === 'RECORD' && !(Array.isArray(input.fields) && input.fields.length > 0)) {
    throw invalid(`Field ${name} is type RECORD but has no schema`);
  }
  const nested = type === 'RECORD' ? { fields: readFields(input.fields) } : {};
  return { name, type, mode, ...(typeof description === 'string' ? { description } : {}), ...nested };
}

/** Refuses a result that does not fit a table, whatever the order of its columns. A result's columns are never REQUIRED. */
export function expectSameSchema(table: string, wanted: readonly Field[], given: readonly Field[]): void {
  const byName = (fields: readonly Field[]) => new Map(fields.map((field) => [field.name.toLowerCase(), field]));
  const [before, after] = [byName(wanted), byName(given)];
  const mismatch = (text: string) => invalid(`Provided Schema does not match Table ${table}. ${text}`);
  for (const [key, { name }] of after) if (!before.has(key)) throw mismatch(`Cannot add fields (field: ${name})`);
  for (const [key, old] of before) {
    const field = after.get(key);
    if (field === undefined) throw mismatch(`Field ${old.name} is missing in new schema`);
    if (elementType(old) !== elementType(field)) {
      throw mismatch(`Field ${old.name} has changed type from ${old.type} to ${field.type}`);
    }
    if (old.mode !== field.mode) throw mismatch(`Field ${old.name} has changed mode from ${old.mode} to ${field.mode}`);
  }
}

/** A field as in a resource. */
export function schemaJson({ name, type, mode, description, fields }: Field): Record<string, unknown> {
  return {
    name,
    type,
    mode,
    ...(description === undefined ? {} : { description }),
    ...(fields === undefined ? {} : { fields: fields.map(schemaJson) }),
  };
}
