import { type DuckDBValue, listValue, structValue } from '@duckdb/node-api';
import type { ErrorProto } from './errors.ts';
import type { Field } from './schema.ts';
import { isNode } from './sql/tree.ts';
import { scalars } from './values.ts';

/** A row's values in the order of the columns, or what is wrong with it. */
export type Row = { values: DuckDBValue[] } | { errors: ErrorProto[] };

/** Reads rows of insertAll against a schema. Field names are matched in any case. */
export type RowReader = (json: unknown) => Row;

type Reader = (value: unknown, place: string, errors: ErrorProto[]) => DuckDBValue;

export function rowReader(fields: readonly Field[]): RowReader {
  const read = recordReader(fields);
  return (json) => {
    const errors: ErrorProto[] = [];
    const values = read(json, '', errors);
    return errors.length > 0 ? { errors } : { values };
  };
}

/** Notes what is wrong with a value: its row is not written. */
function refuse(errors: ErrorProto[], message: string, location: string): null {
  errors.push({ reason: 'invalid', message, location });
  return null;
}

function recordReader(fields: readonly Field[]) {
  const indexes = new Map(fields.map((field, index) => [field.name.toLowerCase(), index]));
  const readers = fields.map(fieldReader);
  return (json: unknown, place: string, errors: ErrorProto[]): DuckDBValue[] => {
    if (!isNode(json)) refuse(errors, `This field: ${place} is not a record.`, place);
    const prefix = place === '' ? '' : `${place}.`;
    const given = new Array<unknown>(fields.length);
    for (const [name, value] of Object.entries(isNode(json) ? json : {})) {
      const index = indexes.get(name.toLowerCase());
      if (index === undefined) refuse(errors, `no such field: ${prefix}${name}.`, `${prefix}${name}`);
      else given[index] = value;
    }
    return readers.map((read, i) => read(given[i] ?? null, `${prefix}${fields[i]?.name}`, errors));
  };
}

function fieldReader(field: Field): Reader {
  const one = valueReader(field);
  const { mode } = field;
  if (mode !== 'REPEATED') {
    return (value, place, errors) => {
      if (value !== null) return one(value, place, errors);
      return mode === 'REQUIRED' ? refuse(errors, `Missing required field: ${place}.`, place) : null;
    };
  }
  return (value, place, errors) => {
    if (value !== null && !Array.isArray(value)) {
      return refuse(errors, `Repeated field must be imported as a JSON array: ${place}.`, place);
    }
    const items = (value ?? []).map((item: unknown) => {
      if (item !== null) return one(item, place, errors);
      return refuse(errors, `Only optional fields can be set to NULL. Field: ${place}; Value: NULL`, place);
    });
    return listValue(items);
  };
}

function valueReader({ type, fields = [] }: Field): Reader {
  if (type === 'RECORD') {
    const record = recordReader(fields);
    return (value, place, errors) => {
      const values = record(value, place, errors);
      return structValue(Object.fromEntries(fields.map(({ name }, i) => [name, values[i] ?? null])));
    };
  }
  return (value, place, errors) => {
    if (Array.isArray(value)) return refuse(errors, `Array specified for non-repeated field: ${place}.`, place);
    try {
      return scalars[type].read(value);
    } catch (problem) {
      return refuse(errors, (problem as Error).message, place);
    }
  };
}
