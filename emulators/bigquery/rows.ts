import { type DuckDBValue, listValue, structValue } from '@duckdb/node-api';
import type { ErrorProto } from './errors.ts';
import type { Field } from './schema.ts';
import { isNode } from './sql/tree.ts';
import { scalars } from './values.ts';

/** A row's values in the order of the columns, or what is wrong with it. */
export type Row = { values: DuckDBValue[] } | { errors: ErrorProto[] };

/** Reads rows of insertAll against a schema. Field names are matched in any case. */
export type RowReader = (json: unknown, ignoreUnknown: boolean) => Row;

class RowError extends Error {
  readonly location: string;

  constructor(message: string, location: string) {
    super(message);
    this.location = location;
  }
}

interface Context {
  ignoreUnknown: boolean;
  errors: ErrorProto[];
}

export function rowReader(fields: readonly Field[]): RowReader {
  const record = recordReader(fields);
  return (json, ignoreUnknown) => {
    if (!isNode(json)) return { errors: [error('This field: is not a record.', '')] };
    const context: Context = { ignoreUnknown, errors: [] };
    const values = record(json, '', context);
    return context.errors.length > 0 ? { errors: context.errors } : { values };
  };
}

const error = (message: string, location: string): ErrorProto => ({ reason: 'invalid', message, location });

function recordReader(fields: readonly Field[]) {
  const indexes = new Map(fields.map((field, index) => [field.name.toLowerCase(), index]));
  const readers = fields.map(fieldReader);
  return (json: Readonly<Record<string, unknown>>, path: string, context: Context): DuckDBValue[] => {
    const given = new Array<unknown>(fields.length);
    for (const [name, value] of Object.entries(json)) {
      const index = indexes.get(name.toLowerCase());
      if (index !== undefined) given[index] = value;
      else if (!context.ignoreUnknown) {
        context.errors.push(error(`no such field: ${path}${name}.`, `${path}${name}`));
      }
    }
    return readers.map((read, index) => {
      try {
        return read(given[index], path, context);
      } catch (problem) {
        if (!(problem instanceof RowError)) throw problem;
        context.errors.push(error(problem.message, problem.location));
        return null;
      }
    });
  };
}

type FieldReader = (value: unknown, path: string, context: Context) => DuckDBValue;

function fieldReader(field: Field): FieldReader {
  const one = valueReader(field);
  const { name, mode } = field;
  if (mode === 'REPEATED') {
    return (value, path, context) => {
      if (value === undefined || value === null) return listValue([]);
      if (!Array.isArray(value))
        throw new RowError(`Repeated field must be imported as a JSON array: ${path}${name}.`, `${path}${name}`);
      return listValue(
        value.map((item) => {
          if (item !== null && item !== undefined) return one(item, path, context);
          throw new RowError(
            `Only optional fields can be set to NULL. Field: ${path}${name}; Value: NULL`,
            `${path}${name}`,
          );
        }),
      );
    };
  }
  return (value, path, context) => {
    if (value !== undefined && value !== null) return one(value, path, context);
    if (mode === 'REQUIRED') throw new RowError(`Missing required field: ${path}${name}.`, `${path}${name}`);
    return null;
  };
}

function valueReader(field: Field): FieldReader {
  const { name, type } = field;
  if (type !== 'RECORD') {
    return (value, path) => {
      const location = `${path}${name}`;
      if (Array.isArray(value)) throw new RowError(`Array specified for non-repeated field: ${location}.`, location);
      try {
        return scalars[type].read(value);
      } catch (problem) {
        throw new RowError((problem as Error).message, location);
      }
    };
  }
  const fields = field.fields ?? [];
  const record = recordReader(fields);
  return (value, path, context) => {
    const location = `${path}${name}`;
    if (!isNode(value)) throw new RowError(`This field: ${location} is not a record.`, location);
    const values = record(value, `${location}.`, context);
    return structValue(Object.fromEntries(fields.map((inner, index) => [inner.name, values[index] ?? null])));
  };
}
