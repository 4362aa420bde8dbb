import { invalidQuery, unsupportedQuery } from '../errors.ts';
import { engineType } from '../schema.ts';
import type { Resolved, Type } from './scope.ts';
import { standardName } from './types.ts';

const macros: Partial<Record<Type['type'], [strict: string, safe: string]>> = {
  INTEGER: ['bq.to_int64', 'bq.safe_int64'],
  BOOLEAN: ['bq.to_bool', 'bq.safe_bool'],
  STRING: ['bq.to_string', 'bq.to_string'],
  BYTES: ['bq.to_bytes', 'bq.to_bytes'],
};

/** CAST and SAFE_CAST. DuckDB's own casts agree for dates, times, FLOAT64 and NUMERIC; macros do the others. */
export function castTo(value: Resolved, type: Type, safe: boolean): string {
  if (type.mode === 'REPEATED' || type.type === 'RECORD') throw unsupportedQuery(`CAST to ${standardName(type)}`);
  if (type.type === 'JSON' || value.type?.type === 'JSON') {
    throw invalidQuery(
      `Invalid cast from ${value.type ? standardName(value.type) : 'a value'} to ${standardName(type)}`,
    );
  }
  const macro = macros[type.type]?.[safe ? 1 : 0];
  if (macro !== undefined) return `${macro}(${value.sql})`;
  return `${safe ? 'TRY_CAST' : 'CAST'}(${value.sql} AS ${engineType(type)})`;
}
