import { type DuckDBConnection, DuckDBTimestampTZValue, type DuckDBValue } from '@duckdb/node-api';

/** Appends rows to a table, their values in the order of its columns. `streamedMs`: when insertAll got them. */
export async function append(
  connection: DuckDBConnection,
  { id }: { id: string },
  rows: readonly (readonly DuckDBValue[])[],
  streamedMs: number | null,
): Promise<void> {
  const appender = await connection.createAppender(`${id}_data`, 'main');
  const types = Array.from({ length: appender.columnCount }, (_, i) => appender.columnType(i));
  const streamed = streamedMs === null ? null : new DuckDBTimestampTZValue(BigInt(streamedMs) * 1000n);
  for (const values of rows) {
    if (values.length + 1 !== types.length) throw new Error(`the row has ${values.length} values`);
    [streamed, ...values].forEach((value, i) => {
      if (value === null) appender.appendNull();
      else appender.appendValue(value, types[i]);
    });
    appender.endRow();
  }
  appender.closeSync();
}
