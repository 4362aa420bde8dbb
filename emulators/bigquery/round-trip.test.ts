import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import fc from 'fast-check';
import { openTarget, type Target } from './contract-target.ts';

const microsInDay = 86_400_000_000n;
const minMicros = BigInt(Date.parse('0001-01-01T00:00:00Z')) * 1000n;
const maxMicros = BigInt(Date.parse('9999-12-31T23:59:59Z')) * 1000n;

/** ISO 8601 with microseconds. */
function isoOf(micros: bigint): string {
  const days = micros / microsInDay - (micros % microsInDay < 0n ? 1n : 0n);
  const rest = micros - days * microsInDay;
  const day = new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);
  const clock = new Date(Number(rest / 1000n)).toISOString().slice(11, 23);
  return `${day}T${clock}${String(rest % 1000n).padStart(3, '0')}Z`;
}

const nullable = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const text = fc.string({ unit: 'grapheme', maxLength: 40 });

const rowArbitrary = fc.record(
  {
    s: nullable(text),
    i: nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
    f: nullable(fc.double({ noNaN: true, noDefaultInfinity: true })),
    b: nullable(fc.boolean()),
    t: nullable(fc.bigInt({ min: minMicros, max: maxMicros }).map(isoOf)),
    d: nullable(fc.bigInt({ min: minMicros, max: maxMicros }).map((micros) => isoOf(micros).slice(0, 10))),
    j: nullable(fc.json({ maxDepth: 2 })),
    y: nullable(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('base64'))),
    l: fc.array(text, { maxLength: 4 }),
    r: fc.array(fc.record({ a: nullable(text), n: nullable(fc.integer().map(String)) }, { noNullPrototype: true }), {
      maxLength: 3,
    }),
  },
  { noNullPrototype: true },
);
type Row = typeof rowArbitrary extends fc.Arbitrary<infer T> ? T : never;

const schema = {
  fields: [
    { name: 'k', type: 'INTEGER' },
    { name: 's', type: 'STRING' },
    { name: 'i', type: 'INTEGER' },
    { name: 'f', type: 'FLOAT' },
    { name: 'b', type: 'BOOLEAN' },
    { name: 't', type: 'TIMESTAMP' },
    { name: 'd', type: 'DATE' },
    { name: 'j', type: 'JSON' },
    { name: 'y', type: 'BYTES' },
    { name: 'l', type: 'STRING', mode: 'REPEATED' },
    {
      name: 'r',
      type: 'RECORD',
      mode: 'REPEATED',
      fields: [
        { name: 'a', type: 'STRING' },
        { name: 'n', type: 'INTEGER' },
      ],
    },
  ],
};

/** The row as the client gives it back, in the form in which it was sent. */
function asSent(row: Record<string, unknown>): unknown {
  const text = (value: unknown) => (value === null ? null : (value as { value: string }).value);
  const { k, i, t, d, y, r, ...rest } = row;
  return {
    ...rest,
    i: text(i),
    d: text(d),
    y: y === null ? null : (y as Buffer).toString('base64'),
    r: (r as { a: unknown; n: unknown }[]).map(({ a, n }) => ({ a, n: text(n) })),
  };
}

describe('insertAll and SELECT', () => {
  let target: Target;
  let dataset: Dataset;
  before(async () => {
    target = await openTarget();
    dataset = target.dataset;
    await dataset.createTable('rows', { schema });
  });
  after(() => target.close());

  it('give every value back as it was sent', async () => {
    let key = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(rowArbitrary, { minLength: 1, maxLength: 12 }), async (rows: Row[]) => {
        const first = key;
        key += rows.length;
        await dataset.table('rows').insert(rows.map((row, i) => ({ ...row, k: first + i })));
        // the client turns times before 1970 into others, so that they are compared as numbers
        const query = `SELECT *, UNIX_MICROS(t) AS micros FROM rows WHERE k >= @first ORDER BY k`;
        const [found] = await dataset.query({ query, params: { first }, wrapIntegers: true });
        assert.deepEqual(
          found.map(({ micros, ...row }) => asSent(row)),
          // JSON has no -0
          rows.map(({ t, ...row }) => ({ ...row, f: row.f === null ? null : row.f + 0 })),
        );
        assert.deepEqual(
          found.map(({ micros }) => (micros === null ? null : isoOf(BigInt(micros.value)))),
          rows.map(({ t }) => t),
        );
      }),
      { numRuns: 40 },
    );
  });
});
