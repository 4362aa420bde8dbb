import { type DuckDBType, type DuckDBValue, LIST, listValue, STRUCT, structValue } from '@duckdb/node-api';
import { invalid, unsupported } from './errors.ts';
import { type Field, fieldType, type Type } from './schema.ts';
import { isNode } from './sql/tree.ts';
import { scalars } from './values.ts';

/** A query parameter: its key is its lower-case name, or its position from 0. */
export interface Parameter {
  key: string | number;
  type: Type;
  value: DuckDBValue;
  engineType: DuckDBType;
}

function engineTypeOf({ type, mode, fields }: Type): DuckDBType {
  if (mode === 'REPEATED') return LIST(engineTypeOf({ type, mode: 'NULLABLE', ...(fields ? { fields } : {}) }));
  if (type !== 'RECORD') return scalars[type].engine;
  return STRUCT(Object.fromEntries((fields ?? []).map((field) => [field.name, engineTypeOf(field)])));
}

/** Reads `queryParameters` of a request: by name or by position, as `parameterMode` says. */
export function readParameters(input: unknown, mode: unknown): Map<string | number, Parameter> {
  const parameters = new Map<string | number, Parameter>();
  if (!Array.isArray(input)) return parameters;
  const isNamed = String(mode ?? '').toUpperCase() !== 'POSITIONAL' && input.some(({ name }) => name !== undefined);
  input.forEach(({ name, parameterType, parameterValue }, position) => {
    const key = isNamed ? String(name).toLowerCase() : position;
    const type = readParameterType(parameterType);
    const value = readParameterValue(parameterValue, type, String(name ?? position));
    parameters.set(key, { key, type, value, engineType: engineTypeOf(type) });
  });
  return parameters;
}

function readParameterType(input: unknown): Type {
  if (!isNode(input)) throw invalid('Missing parameter type');
  const name = String(input.type).toUpperCase();
  if (name === 'ARRAY') return { ...readParameterType(input.arrayType), mode: 'REPEATED' };
  if (name === 'STRUCT') {
    const members = Array.isArray(input.structTypes) ? input.structTypes : [];
    const fields = members.map((member): Field => ({ name: String(member.name), ...readParameterType(member.type) }));
    return { type: 'RECORD', mode: 'NULLABLE', fields };
  }
  const type = fieldType(name);
  if (type === undefined) throw unsupported(`parameters of type ${name}`);
  return { type, mode: 'NULLABLE' };
}

function readParameterValue(input: unknown, type: Type, name: string): DuckDBValue {
  if (!isNode(input)) return null;
  if (type.mode === 'REPEATED') {
    if (!Array.isArray(input.arrayValues)) return null;
    return listValue(input.arrayValues.map((item) => readParameterValue(item, { ...type, mode: 'NULLABLE' }, name)));
  }
  if (type.type === 'RECORD') {
    const values = input.structValues;
    if (!isNode(values)) return null;
    const entries = (type.fields ?? []).map((field) => [
      field.name,
      readParameterValue(values[field.name], field, name),
    ]);
    return structValue(Object.fromEntries(entries));
  }
  if (input.value === null || input.value === undefined) return null;
  try {
    return scalars[type.type].read(input.value);
  } catch (error) {
    throw invalid(`Invalid value for query parameter ${name}: ${(error as Error).message}`);
  }
}
