import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Emulator } from '../../emulator.ts';
import { startBigQuery } from '../index.ts';
import { functionNames } from './calls.ts';

/** A line of corpus.jsonl; they run in order, against one dataset. */
interface Case {
  title: string;
  sql: string;
  /** name -> [type, value], or a list of those for positional ones. */
  params?: Record<string, Given> | Given[];
  /** The rows as they go over the wire; "any": it only has to run. */
  rows?: unknown[] | 'any';
  names?: string[];
  types?: string[];
  /** Rows that a statement changes. */
  changed?: number;
  /** A pattern that the error's message has. */
  error?: string;
}
type Given = [type: string, value: unknown];

interface Answer {
  rows?: { f: { v: unknown }[] }[];
  schema?: { fields: { name: string; type: string }[] };
  numDmlAffectedRows?: string;
  error?: { message: string; errors: { reason: string }[] };
}

/** `id INT64, tags ARRAY<STRING>` as the fields of a table resource. */
function columns(text: string): object[] {
  return text.split(', ').map((column) => {
    const [name, type = ''] = column.split(' ');
    const element = /^ARRAY<(.*)>$/.exec(type)?.[1];
    return element === undefined ? { name, type } : { name, type: element, mode: 'REPEATED' };
  });
}

const latestOfSites = `SELECT * FROM \`proj-1.ds.ev\` WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY site ORDER BY ts DESC) = 1`;

const tables = [
  {
    tableReference: { tableId: 'ev' },
    schema: {
      fields: [
        ...columns(
          'id INT64, project STRING, site STRING, ts TIMESTAMP, d DATE, n INT64, x FLOAT64, ok BOOL, extra JSON',
        ),
        ...columns('tags ARRAY<STRING>'),
        { name: 'plug', type: 'RECORD', mode: 'REPEATED', fields: columns('slug STRING, version STRING') },
        { name: 'srv', type: 'RECORD', fields: columns('php STRING, mysql STRING') },
      ],
    },
  },
  { tableReference: { tableId: 'gone' }, schema: { fields: columns('id INT64, site STRING') } },
  {
    tableReference: { tableId: 't1' },
    schema: { fields: columns('id INT64, ts TIMESTAMP, s STRING') },
    timePartitioning: { type: 'DAY', field: 'ts' },
    requirePartitionFilter: true,
  },
  { tableReference: { tableId: 'v1' }, view: { useLegacySql: false, query: latestOfSites } },
];

const [newer, older] = [
  { php: '8.2', mysql: '8.0' },
  { php: '7.4', mysql: '5.7' },
];
const pro = '{"plan":"pro","n":3,"arr":[1,2],"deep":{"k":"v"}}';
const plugins = (versions: Record<string, string>) =>
  Object.entries(versions).map(([slug, version]) => ({ slug, version }));
const events = [
  { id: 1, site: 'a.com', project: 'p1', ts: '2024-01-01 23:30:00+00', d: '2024-01-01', n: 10, x: 1.5, ok: true },
  { id: 2, site: 'b.com', project: 'p1', ts: '2024-01-07 10:15:30.123456+00', d: '2024-01-07', n: 20, x: 0, ok: false },
  { id: 3, site: 'a.com', project: 'p1', ts: '2024-01-08 00:00:00+00', d: '2024-01-08' },
  { id: 4, site: 'c.com', project: 'p2', ts: '2024-12-30 12:00:00+00', d: '2024-12-30', n: 40, x: 2.5, ok: true },
].map((event, i) => ({
  ...event,
  ...[
    { tags: ['a', 'b'], plug: plugins({ akismet: '5', jet: '1' }), srv: newer, extra: pro },
    { srv: older, extra: '{"plan":"free"}' },
    { tags: ['c'], plug: plugins({ akismet: '6' }) },
    { tags: ['a'], plug: plugins({ jet: '2' }), srv: newer, extra: '{"plan":"pro"}' },
  ][i],
}));

const corpus = readFileSync(new URL('corpus.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Case);

/** ARRAY<STRUCT<a INT64>> as a parameter type of the REST API. */
function typeJson(type: string): object {
  const array = /^ARRAY<(.*)>$/.exec(type)?.[1];
  if (array !== undefined) return { type: 'ARRAY', arrayType: typeJson(array) };
  const struct = /^STRUCT<(.*)>$/.exec(type)?.[1];
  if (struct === undefined) return { type };
  const members = struct.split(', ').map((member) => member.split(' '));
  return { type: 'STRUCT', structTypes: members.map(([name, inner = '']) => ({ name, type: typeJson(inner) })) };
}

function valueJson(type: string, value: unknown): object {
  const array = /^ARRAY<(.*)>$/.exec(type)?.[1];
  if (array !== undefined) return { arrayValues: (value as unknown[]).map((item) => valueJson(array, item)) };
  if (!type.startsWith('STRUCT')) return { value };
  const members = Object.entries(value as object).map(([name, member]) => [name, { value: member }]);
  return { structValues: Object.fromEntries(members) };
}

const parameter = ([type, value]: Given) => ({ parameterType: typeJson(type), parameterValue: valueJson(type, value) });

function parametersJson(params: Case['params']): object {
  if (params === undefined) return {};
  if (Array.isArray(params)) return { parameterMode: 'POSITIONAL', queryParameters: params.map(parameter) };
  const named = Object.entries(params).map(([name, given]) => ({ name, ...parameter(given) }));
  return { parameterMode: 'NAMED', queryParameters: named };
}

describe('SQL', () => {
  let emulator: Emulator;
  before(async () => {
    emulator = await startBigQuery();
    await ask('/datasets', { datasetReference: { datasetId: 'ds' } });
    for (const table of tables) await ask('/datasets/ds/tables', table);
    await ask('/datasets/ds/tables/ev/insertAll', { rows: events.map((json) => ({ json })) });
    const kept = events.map(({ id, site }) => ({ json: { id, site } }));
    await ask('/datasets/ds/tables/gone/insertAll', { rows: kept });
  });
  after(() => emulator.stop());

  async function ask(path: string, body: object): Promise<Answer> {
    const url = `${emulator.url}/bigquery/v2/projects/proj-1${path}`;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as Answer;
  }

  it('has an answer for every function that is taken', () => {
    const answered = corpus.filter(({ error }) => error === undefined).map(({ sql }) => sql.toUpperCase());
    const untested = functionNames.filter((name) => {
      const called = new RegExp(`\\b${name}\\b`);
      return !answered.some((sql) => called.test(sql));
    });
    assert.deepEqual(untested, []);
  });

  for (const { title, sql, params, rows, names, types, changed, error } of corpus) {
    it(title, async () => {
      const options = { useLegacySql: false, formatOptions: { useInt64Timestamp: true } };
      const answer = await ask('/queries', { query: sql, ...options, ...parametersJson(params) });
      if (error !== undefined) {
        assert.match(answer.error?.message ?? `no error, but ${JSON.stringify(answer.rows)}`, new RegExp(error));
        return;
      }
      assert.equal(answer.error?.message, undefined);
      const fields = answer.schema?.fields ?? [];
      if (names !== undefined)
        assert.deepEqual(
          fields.map(({ name }) => name),
          names,
        );
      if (types !== undefined)
        assert.deepEqual(
          fields.map(({ type }) => type),
          types,
        );
      if (changed !== undefined) assert.equal(answer.numDmlAffectedRows, String(changed));
      if (Array.isArray(rows))
        assert.deepEqual(
          answer.rows?.map(({ f }) => f.map(({ v }) => v)),
          rows,
        );
    });
  }
});
