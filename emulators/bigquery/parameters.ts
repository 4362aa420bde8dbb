import {
  type DuckDBConnection,
  DuckDBListValue,
  type DuckDBMaterializedResult,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
} from '@duckdb/node-api';
import { invalid, unsupported } from './errors.ts';
import { type FieldType, fieldType, type Type, text } from './schema.ts';
import { isNode } from './sql/tree.ts';
import { scalars } from './values.ts';

type ScalarType = Exclude<FieldType, 'RECORD'>;

/** A query parameter: its key is its lower-case name, or its position from 0. */
export interface Parameter {
  key: string | number;
  type: Type;
  value: DuckDBValue;
  engineType: DuckDBType;
}

/** Reads `queryParameters` of a request: by name or by position, as `parameterMode` says. */
export function readParameters(input: unknown, mode: unknown): Map<string | number, Parameter> {
  const parameters = new Map<string | number, Parameter>();
  if (!Array.isArray(input)) return parameters;
  const isNamed = String(mode ?? '').toUpperCase() !== 'POSITIONAL' && input.some(({ name }) => name !== undefined);
  input.forEach(({ name, parameterType, parameterValue }, position) => {
    const key = isNamed ? String(name).toLowerCase() : position;
    const { type, isArray } = readParameterType(parameterType);
    const value = readParameterValue(parameterValue, type, isArray, String(name ?? position));
    const { engine } = scalars[type];
    const known: Type = { type, mode: isArray ? 'REPEATED' : 'NULLABLE' };
    parameters.set(key, { key, type: known, value, engineType: isArray ? LIST(engine) : engine });
  });
  return parameters;
}

/** ARRAY of a scalar type, or one. */
function readParameterType(input: unknown): { type: ScalarType; isArray: boolean } {
  const outer = isNode(input) ? input : {};
  const isArray = String(outer.type).toUpperCase() === 'ARRAY';
  const name = String(isArray && isNode(outer.arrayType) ? outer.arrayType.type : outer.type).toUpperCase();
  const type = fieldType(name);
  if (type === undefined || type === 'RECORD') throw unsupported(`parameters of type ${name}`);
  return { type, isArray };
}

function readParameterValue(input: unknown, type: ScalarType, isArray: boolean, name: string): DuckDBValue {
  if (!isNode(input)) return null;
  if (isArray) {
    if (!Array.isArray(input.arrayValues)) return null;
    return listValue(input.arrayValues.map((item) => readParameterValue(item, type, false, name)));
  }
  if (input.value === null || input.value === undefined) return null;
  try {
    return scalars[type].read(input.value);
  } catch (error) {
    throw invalid(`Invalid value for query parameter ${name}: ${(error as Error).message}`);
  }
}

/** Runs SQL whose `$1`, `$2`, … are these parameters. They are written into it: what has parameters DuckDB plans twice. */
export async function runBound(
  connection: DuckDBConnection,
  sql: string,
  parameters: readonly Parameter[],
): Promise<DuckDBMaterializedResult> {
  const bound = sql.replace(/e'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)/gis, (piece, place) => {
    if (place === undefined) return piece;
    const parameter = parameters[Number(place) - 1];
    if (parameter === undefined) throw new Error(`SQL has an unknown parameter ${piece}`);
    return `CAST(${literal(parameter.value)} AS ${parameter.engineType})`;
  });
  return connection.run(bound);
}

function literal(value: DuckDBValue): string {
  if (value === null) return 'NULL';
  return value instanceof DuckDBListValue ? `[${value.items.map(literal).join(', ')}]` : text(String(value));
}
