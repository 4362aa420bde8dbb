import type { DuckDBConnection, DuckDBMaterializedResult } from '@duckdb/node-api';
import type { Parameter } from './parameters.ts';

/** Runs SQL whose `$1`, `$2`, … are these parameters; it may leave some of them out. */
export async function runBound(
  connection: DuckDBConnection,
  sql: string,
  parameters: readonly Parameter[],
): Promise<DuckDBMaterializedResult> {
  if (parameters.length === 0) return connection.run(sql);
  const prepared = await connection.prepare(sql);
  try {
    for (let index = 1; index <= prepared.parameterCount; index += 1) {
      const parameter = parameters[Number(prepared.parameterName(index)) - 1];
      if (parameter === undefined) throw new Error(`SQL has an unknown parameter $${prepared.parameterName(index)}`);
      if (parameter.value === null) prepared.bindNull(index);
      else prepared.bindValue(index, parameter.value, parameter.engineType);
    }
    return await prepared.run();
  } finally {
    prepared.destroySync();
  }
}
