import assert from 'node:assert/strict';
import { BigQuery, type Dataset, type Query } from '@google-cloud/bigquery';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { failsWith, isOurs, openTarget, type Target } from './contract-target.ts';

describe('BigQuery contract: a query with a destination', () => {
  let target: Target;
  let client: BigQuery;
  let dataset: Dataset;
  let tables = 0;
  let name: string;
  before(async () => {
    target = await openTarget();
    ({ client, dataset } = target);
  });
  after(() => target.close());
  beforeEach(async () => {
    tables += 1;
    name = `days_${tables}`;
    await dataset.createTable(name, {
      schema: {
        fields: [
          { name: 'day', type: 'DATE' },
          { name: 'site', type: 'STRING' },
          { name: 'n', type: 'INTEGER' },
          { name: 'plugins', type: 'STRING', mode: 'REPEATED' },
        ],
      },
      timePartitioning: { type: 'DAY', field: 'day' },
      requirePartitionFilter: true,
      clustering: { fields: ['site'] },
    });
  });

  const rowOf = (day: string, site: string, n: number) =>
    `SELECT ${n} AS n, '${site}' AS site, DATE '${day}' AS day, ['x'] AS plugins`;

  async function write(query: string, table: string, options: Partial<Query> = {}) {
    const destination = dataset.table(table);
    const [job] = await dataset.createQueryJob({ query, destination, writeDisposition: 'WRITE_TRUNCATE', ...options });
    const [rows] = await job.getQueryResults();
    return { rows, metadata: (await job.getMetadata())[0] };
  }

  async function held(): Promise<string[]> {
    const query = `SELECT day, site, n FROM ${name} WHERE day > '2000-01-01' ORDER BY day, site, n`;
    const [rows] = await dataset.query({ query });
    return rows.map(({ day, site, n }) => `${day.value} ${site} ${n}`);
  }

  it('replaces one partition, whatever the order of its columns, and leaves the others', async () => {
    await write(rowOf('2026-01-30', 'a', 1), `${name}$20260130`);
    await write(`${rowOf('2026-01-31', 'a', 1)} UNION ALL ${rowOf('2026-01-31', 'b', 2)}`, `${name}$20260131`);
    const { metadata } = await write(rowOf('2026-01-31', 'c', 3), `${name}$20260131`);
    assert.deepEqual(await held(), ['2026-01-30 a 1', '2026-01-31 c 3']);
    assert.equal(metadata.statistics.query.statementType, 'SELECT');
    assert.equal(metadata.configuration.query.destinationTable.tableId, `${name}$20260131`);
  });

  it('replaces partitions, and makes tables, side by side: more than the emulator has connections', async () => {
    const days = Array.from({ length: IS_PROOF ? 10 : 5 }, (_, index) => `2026-01-${10 + index}`);
    await Promise.all([
      ...[...days, ...days].map((day) => write(rowOf(day, 'a', 1), `${name}$${day.replaceAll('-', '')}`)),
      ...[...days, ...days].map((day, index) => write(rowOf(day, 'a', 1), `${name}_made_${index}`)),
    ]);
    assert.deepEqual(
      await held(),
      days.map((day) => `${day} a 1`),
    );
  });

  it('empties a partition when there are no rows', async () => {
    await write(rowOf('2026-01-31', 'a', 1), `${name}$20260131`);
    await write(`SELECT * FROM (${rowOf('2026-01-31', 'a', 1)}) AS r WHERE FALSE`, `${name}$20260131`);
    assert.deepEqual(await held(), []);
  });

  it('may read the table that it replaces', async () => {
    await write(rowOf('2026-01-31', 'a', 1), `${name}$20260131`);
    const query = `SELECT day, site, n + @more AS n, plugins FROM ${name} WHERE day = '2026-01-31'`;
    const { rows } = await write(query, `${name}$20260131`, { params: { more: 4 } });
    assert.deepEqual(
      rows.map(({ n }) => n),
      [5],
    );
    assert.deepEqual(await held(), ['2026-01-31 a 5']);
  });

  it('takes a bare parameter for what it is', async () => {
    const query = `SELECT @day AS day, 's' AS site, 1 AS n, ['x'] AS plugins`;
    await write(query, `${name}$20260131`, { params: { day: BigQuery.date('2026-01-31') } });
    assert.deepEqual(await held(), ['2026-01-31 s 1']);
  });

  it('is seen by readers as a whole', async () => {
    const rows = (n: number) =>
      `SELECT DATE '2026-01-31' AS day, 's' AS site, ${n} AS n, ['x'] AS plugins FROM UNNEST(GENERATE_ARRAY(1, 500))`;
    await write(rows(0), `${name}$20260131`);
    let isOver = false;
    const writing = (async () => {
      for (let n = 1; n <= (IS_PROOF ? 8 : 3); n += 1) await write(rows(n), `${name}$20260131`);
    })().finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const query = `SELECT COUNT(*) AS c, COUNT(DISTINCT n) AS versions FROM ${name} WHERE day = '2026-01-31'`;
      assert.deepEqual((await dataset.query({ query }))[0], [{ c: 500, versions: 1 }]);
    }
    await writing;
  });

  it('says how many rows it wrote, of which it gives the first', async () => {
    const query = `SELECT DATE '2026-01-31' AS day, 's' AS site, n, ['x'] AS plugins FROM UNNEST(GENERATE_ARRAY(1, 1500)) AS n`;
    const [job] = await dataset.createQueryJob({ query, destination: dataset.table(`${name}$20260131`) });
    const [rows, , response] = await job.getQueryResults({ autoPaginate: false });
    assert.equal(response?.totalRows, '1500');
    assert.ok(rows.length >= 1000);
    if (isOurs) await assert.rejects(job.getQueryResults(), /does not support reading on/);
  });

  it('changes nothing when a row is of another partition', async () => {
    await write(rowOf('2026-01-31', 'a', 1), `${name}$20260131`);
    const other = `${rowOf('2026-01-31', 'b', 1)} UNION ALL ${rowOf('2026-02-01', 'b', 1)}`;
    const refused = failsWith(
      400,
      'invalid',
      /Some rows belong to different partitions rather than destination partition/,
    );
    await assert.rejects(write(other, `${name}$20260131`), jobError(refused));
    const none = `SELECT CAST(NULL AS DATE) AS day, 's' AS site, 1 AS n, ['x'] AS plugins`;
    await assert.rejects(write(none, `${name}$20260131`), jobError(refused));
    assert.deepEqual(await held(), ['2026-01-31 a 1']);
  });

  /** A job's failure comes without the HTTP code. */
  const jobError = (check: (error: never) => true) => (error: { errors?: object[] }) =>
    check({ ...error, message: (error as Error).message, code: 400 } as never);

  for (const { title, partition } of [
    { title: 'a day that there is not', partition: '20260231' },
    { title: 'an hour of a table by days', partition: '2026013110' },
    { title: 'a month of a table by days', partition: '202601' },
  ]) {
    it(`refuses ${title} as a partition`, () =>
      assert.rejects(write(rowOf('2026-01-31', 'a', 1), `${name}$${partition}`), /partition/i));
  }

  it('appends', async () => {
    const options = { writeDisposition: 'WRITE_APPEND' };
    await write(rowOf('2026-01-31', 'a', 1), `${name}$20260131`, options);
    await write(rowOf('2026-01-31', 'b', 1), `${name}$20260131`, options);
    await write(rowOf('2026-02-01', 'a', 1), name, options);
    assert.deepEqual(await held(), ['2026-01-31 a 1', '2026-01-31 b 1', '2026-02-01 a 1']);
  });

  it('writes to what is empty, and to nothing else, when told so or when told nothing', async () => {
    const options = { writeDisposition: 'WRITE_EMPTY' };
    await write(rowOf('2026-01-31', 'a', 1), `${name}$20260131`, options);
    await write(rowOf('2026-02-01', 'a', 1), `${name}$20260201`, options);
    await assert.rejects(write(rowOf('2026-02-01', 'b', 1), `${name}$20260201`, options), /Already Exists/);
    const { writeDisposition, ...silent } = options;
    const [job] = await dataset.createQueryJob({
      query: rowOf('2026-02-01', 'c', 1),
      destination: dataset.table(name),
      ...silent,
    });
    await assert.rejects(job.promise(), /Already Exists/);
    assert.deepEqual(await held(), ['2026-01-31 a 1', '2026-02-01 a 1']);
  });

  it('makes the table, unless it must not', async () => {
    const query = "SELECT 1 AS n, 'a' AS site, [STRUCT(2 AS k)] AS l";
    await assert.rejects(write(query, `${name}_new`, { createDisposition: 'CREATE_NEVER' }), /Not found: Table/);
    await write(query, `${name}_new`);
    await write(query, `${name}_new`);
    assert.deepEqual((await dataset.query(`SELECT * FROM ${name}_new`))[0], [{ n: 1, site: 'a', l: [{ k: 2 }] }]);
  });

  for (const { title, query, message } of [
    {
      title: 'a column of another type',
      query: "SELECT DATE '2026-01-31' AS day, 'a' AS site, 'x' AS n, ['x'] AS plugins",
      message: /changed type/,
    },
    {
      title: 'a column that the table has not',
      query: `SELECT *, 1 AS more FROM (${'ROW'}) AS r`,
      message: /Cannot add fields/,
    },
    {
      title: 'a REQUIRED column, for a result never is',
      query: "SELECT 'a' AS id",
      message: /from REQUIRED to NULLABLE/,
    },
  ]) {
    it(`refuses ${title}`, async () => {
      const isRequired = query.includes(' AS id');
      if (isRequired) {
        await dataset.createTable(`${name}_r`, {
          schema: { fields: [{ name: 'id', type: 'STRING', mode: 'REQUIRED' }] },
        });
      }
      const sql = query.replace('ROW', rowOf('2026-01-31', 'a', 1));
      const options = { writeDisposition: 'WRITE_APPEND' };
      await assert.rejects(write(sql, isRequired ? `${name}_r` : `${name}$20260131`, options), message);
    });
  }

  it('runs dry without writing', async () => {
    const destination = dataset.table(`${name}$20260131`);
    const query = rowOf('2026-01-31', 'a', 1);
    await dataset.createQueryJob({ query, destination, writeDisposition: 'WRITE_TRUNCATE', dryRun: true });
    assert.deepEqual(await held(), []);
  });

  it('reads no more than it may', async () => {
    const days = Array.from({ length: 20 }, (_, i) => rowOf('2026-01-31', `s${i}`, i)).join(' UNION ALL ');
    await write(days, `${name}$20260131`);
    const query = `SELECT day, site, n, plugins FROM ${name} WHERE day = '2026-01-31'`;
    const isRefused = (maximumBytesBilled: number) =>
      assert.rejects(
        write(query, `${name}_copy`, { maximumBytesBilled: String(maximumBytesBilled) }),
        (error: { errors?: { reason: string }[] }) => {
          assert.equal(error.errors?.[0]?.reason, 'bytesBilledLimitExceeded');
          return true;
        },
      );
    await isRefused(1);
    assert.deepEqual(await dataset.table(`${name}_copy`).exists(), [false]);
    const least = 10 * 2 ** 20;
    await write(query, `${name}_copy`, { maximumBytesBilled: String(least) });
    const long = rowOf('2026-01-31', '', 1).replace("''", '@half');
    const params = { half: 'x'.repeat(least / 2) };
    await write(`${long} UNION ALL ${long}`, `${name}$20260131`, { params });
    await isRefused(least);
  });

  it('is refused for a DELETE, a view and a partition filter that is missing', async () => {
    await assert.rejects(write(`DELETE FROM ${name} WHERE day > '2000-01-01'`, `${name}_new`), /destination table/i);
    await assert.rejects(write(`SELECT * FROM ${name}`, `${name}_new`), /without a filter/);
    await dataset.createTable(`${name}_view`, { view: { query: 'SELECT 1 AS a', useLegacySql: false } });
    await assert.rejects(write('SELECT 1 AS a', `${name}_view`), isOurs ? /VIEW/ : /./);
    await assert.rejects(write('SELECT 1 AS a', 'a b'), /Invalid/);
    await assert.rejects(
      client.createQueryJob({ query: 'SELECT 1 AS a', destination: dataset.table(name), writeDisposition: 'X' }),
      /./,
    );
  });
});
