import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { BigQuery, Dataset } from '@google-cloud/bigquery';
import { eventTable, failsWith, isOurs, openTarget, type Target } from './contract-target.ts';

describe('BigQuery contract: queries and statements', () => {
  let target: Target;
  let client: BigQuery;
  let dataset: Dataset;
  before(async () => {
    target = await openTarget();
    ({ client, dataset } = target);
    await dataset.createTable('events', eventTable);
    const rows = [
      { event_id: 'a', received_at: '2024-01-01T10:00:00Z', count: 1, custom: '{"plan":"pro"}' },
      { event_id: 'a', received_at: '2024-01-01T10:00:00Z', count: 1, custom: '{"plan":"pro"}' },
      { event_id: 'b', received_at: '2024-01-02T10:00:00Z', count: 2 },
      { event_id: 'c', received_at: '2024-01-03T10:00:00Z', count: 3 },
    ];
    await dataset.table('events').insert(
      rows.map((json) => ({ json })),
      { raw: true },
    );
    const query = `SELECT * FROM \`${dataset.id}.events\` WHERE TRUE
      QUALIFY ROW_NUMBER() OVER (PARTITION BY received_at, event_id ORDER BY count) = 1`;
    await dataset.createTable('events_unique', { view: { query, useLegacySql: false } });
  });
  after(() => target.close());

  const since = '2024-01-01T00:00:00Z';
  const run = async (query: string, options: object = {}) => (await dataset.query({ query, ...options }))[0];

  describe('partition filters', () => {
    const missing = failsWith(
      400,
      'invalidQuery',
      /Cannot query over table '.*events' without a filter over column\(s\) 'received_at'.* that can be used for partition elimination/,
    );

    it('are asked for', () => assert.rejects(run('SELECT COUNT(*) AS n FROM events'), missing));

    it('must be about the partition column alone', () =>
      assert.rejects(run(`SELECT 1 AS x FROM events WHERE received_at > '${since}' OR count = 1`), missing));

    it('are asked for through a view', () => assert.rejects(run('SELECT 1 AS x FROM events_unique'), missing));

    it('pass a view that de-duplicates by the partition column too', async () => {
      const rows = await run('SELECT event_id FROM events_unique WHERE received_at >= @since ORDER BY event_id', {
        params: { since: client.timestamp(since) },
      });
      assert.deepEqual(
        rows.map(({ event_id }) => event_id),
        ['a', 'b', 'c'],
      );
    });

    it('do not pass a window that is not partitioned by the column', () =>
      assert.rejects(
        run(`SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY count) AS n FROM events)
             WHERE received_at > '${since}'`),
        missing,
      ));

    it('can be on a day', async () => {
      assert.deepEqual(await run("SELECT COUNT(*) AS n FROM events WHERE DATE(received_at) = '2024-01-01'"), [
        { n: 2 },
      ]);
    });
  });

  describe('parameters', () => {
    it('have names, in any case', async () => {
      const rows = await run('SELECT @A + @a AS x, @s AS s', { params: { a: 2, s: "it's" } });
      assert.deepEqual(rows, [{ x: 4, s: "it's" }]);
    });

    it('have positions', async () => {
      assert.deepEqual(await run('SELECT ? AS a, ? AS b', { params: ['x', 1.5] }), [{ a: 'x', b: 1.5 }]);
    });

    it('are arrays, times and typed nulls', async () => {
      const params = {
        ids: ['a', 'c'],
        none: [],
        n: null,
        t: client.timestamp(since),
        d: client.date('2024-01-02'),
      };
      const rows = await run(
        `SELECT COUNT(*) AS c, @n IS NULL AS n, ARRAY_LENGTH(@none) AS l FROM events_unique
         WHERE received_at >= @t AND DATE(received_at) != @d AND event_id IN UNNEST(@ids)`,
        { params, types: { none: ['STRING'], n: 'INT64' } },
      );
      assert.deepEqual(rows, [{ c: 2, n: true, l: 0 }]);
    });

    it('that are missing are an error', () => assert.rejects(run('SELECT @nope AS x'), failsWith(400, 'invalidQuery')));
  });

  describe('results', () => {
    it('come in pages', async () => {
      const query = 'SELECT n FROM UNNEST(GENERATE_ARRAY(1, 25)) AS n ORDER BY n';
      const [job] = await client.createQueryJob({ query });
      const [first, next] = await job.getQueryResults({ maxResults: 10, autoPaginate: false });
      assert.equal(first.length, 10);
      assert.ok(next);
      const [rest] = await job.getQueryResults({ ...next, maxResults: 100 });
      assert.deepEqual(
        [...first, ...rest].map(({ n }) => n),
        Array.from({ length: 25 }, (_, i) => i + 1),
      );
    });

    it('give TIMESTAMP in microseconds, also at the ends of time', async () => {
      const rows = await run(
        "SELECT TIMESTAMP '0001-01-01 00:00:00+00' AS a, TIMESTAMP '9999-12-31 23:59:59.999999+00' AS b",
      );
      assert.equal(rows[0].a.value, '0001-01-01T00:00:00.000Z');
      assert.equal(rows[0].b.value, '9999-12-31T23:59:59.999999000Z');
    });

    it('have FLOAT64 beyond the usual', async () => {
      assert.deepEqual(await run('SELECT 1e300 AS a, -1e-7 AS b, 1e308 * 1.7 AS c'), [
        { a: 1e300, b: -1e-7, c: 1.7e308 },
      ]);
    });

    it('have no FLOAT64 that overflowed', () =>
      assert.rejects(run('SELECT 1e308 * 10 AS a'), failsWith(400, 'invalidQuery', /Floating point error/i)));

    it('are streamed', async () => {
      const found: number[] = [];
      for await (const { n } of client.createQueryStream('SELECT n FROM UNNEST([3, 4]) AS n ORDER BY n')) found.push(n);
      assert.deepEqual(found, [3, 4]);
    });
  });

  describe('jobs', () => {
    it('have the id that the client gave, once', async () => {
      const jobId = `job_${randomUUID()}`;
      const [job] = await client.createQueryJob({ query: 'SELECT 1 AS a', jobId });
      assert.equal(job.id, jobId);
      assert.deepEqual((await job.getQueryResults())[0], [{ a: 1 }]);
      const [metadata] = await job.getMetadata();
      assert.equal(metadata.status.state, 'DONE');
      assert.equal(metadata.statistics.query.statementType, 'SELECT');
    });

    it('that fail say why', async () => {
      const fails = async () => {
        const [job] = await dataset.createQueryJob({ query: 'SELECT nope FROM events' });
        await job.getQueryResults();
      };
      await assert.rejects(fails(), (error: { message: string; errors?: { reason?: string }[] }) => {
        assert.match(error.message, /Unrecognized name: nope at \[1:8\]/);
        assert.equal(error.errors?.[0]?.reason, 'invalidQuery');
        return true;
      });
    });

    it('run dry: bytes and schema, but no row', async () => {
      const query = "SELECT count FROM events WHERE received_at >= '2024-01-02' AND received_at < '2024-01-03'";
      const [job] = await dataset.createQueryJob({ query, dryRun: true });
      const { statistics } = job.metadata;
      assert.deepEqual(
        statistics.query.schema.fields.map(({ name }: { name: string }) => name),
        ['count'],
      );
      // two columns of 8 bytes, of the one row in that partition
      if (isOurs) assert.equal(statistics.totalBytesProcessed, '16');
    });

    it('that would read more than they may are refused', () =>
      assert.rejects(
        run(`SELECT * FROM events WHERE received_at > '${since}'`, { maximumBytesBilled: '1' }),
        failsWith(400, 'bytesBilledLimitExceeded'),
      ));

    const endless = `SELECT COUNT(*) AS n FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS a, UNNEST(GENERATE_ARRAY(1, 100000)) AS b
      WHERE MOD(a * b, 7) = 1`;

    it('are told of before they are over when the time for that is up (ours: one that is known to take longer)', async function () {
      if (!isOurs) this.skip();
      const request = { uri: '/queries', method: 'POST', json: { query: endless, useLegacySql: false, timeoutMs: 20 } };
      const answer = await new Promise<{ jobComplete: boolean; jobReference: { jobId: string } }>((resolve, reject) =>
        client.request(request, (error, body) => (error ? reject(error) : resolve(body))),
      );
      assert.equal(answer.jobComplete, false);
    });

    it('that are not there are not found', () =>
      assert.rejects(client.job('nope').getMetadata(), failsWith(404, 'notFound')));
  });

  describe('errors', () => {
    it('of syntax have a place', () =>
      assert.rejects(run('SELECT FROM'), failsWith(400, 'invalidQuery', /^Syntax error: .* at \[1:\d+\]$/)));

    it('name a table that is not there', () =>
      assert.rejects(run('SELECT 1 AS a FROM nope'), failsWith(404, 'notFound', /Not found: Table .*nope/)));

    it('come when a row is computed', () =>
      assert.rejects(
        run('SELECT 1 / n AS x FROM UNNEST([1, 0]) AS n'),
        failsWith(400, 'invalidQuery', /division by zero/),
      ));
  });

  describe('statements', () => {
    const changed = async (query: string) => {
      const [job] = await dataset.createQueryJob({ query });
      await job.promise();
      const [metadata] = await job.getMetadata();
      return metadata.statistics.query.numDmlAffectedRows;
    };

    it('delete, and count the rows', async () => {
      const [table] = await dataset.createTable('deleted', { schema: 'id:string,n:integer' });
      await table.insert(['a', 'b', 'c'].map((id, n) => ({ id, n })));
      assert.equal(await changed("DELETE FROM deleted WHERE id = 'a' OR n > 1"), '2');
      assert.equal(await changed('DELETE FROM deleted WHERE n > 1'), '0');
      assert.deepEqual(await run('SELECT id FROM deleted'), [{ id: 'b' }]);
    });

    it('of one table run one after the other', async () => {
      const [table] = await dataset.createTable('many', { schema: 'n:integer' });
      await table.insert(Array.from({ length: 80 }, (_, n) => ({ n })));
      const counts = await Promise.all(
        Array.from({ length: 8 }, (_, i) => changed(`DELETE FROM many WHERE MOD(n, 8) = ${i}`)),
      );
      assert.deepEqual(counts, Array(8).fill('10'));
      assert.deepEqual(await run('SELECT COUNT(*) AS n FROM many'), [{ n: 0 }]);
    });

    it('but for SELECT and DELETE are refused (ours)', async function () {
      if (!isOurs) this.skip();
      for (const query of [
        'CREATE TABLE x (id INT64)',
        'INSERT INTO events (event_id) VALUES (1)',
        'DROP TABLE events',
      ]) {
        await assert.rejects(run(query), failsWith(400, 'invalidQuery', /does not support the statement/));
      }
    });
  });
});

describe('BigQuery contract: the streaming buffer', () => {
  it('keeps fresh rows from DELETE, and lets others go (ours: its length is an option)', async function () {
    if (!isOurs) this.skip();
    const { dataset, close } = await openTarget({ streamingBufferMs: 3_600_000 });
    const [table] = await dataset.createTable('t', { schema: 'id:string' });
    await table.insert({ id: 'streamed' });
    const append = { query: "SELECT 'written' AS id", destination: table, writeDisposition: 'WRITE_APPEND' };
    await (await dataset.createQueryJob(append))[0].promise();
    const refused = failsWith(400, 'invalidQuery', /would affect rows in the streaming buffer, which is not supported/);
    await assert.rejects(dataset.query('DELETE FROM t WHERE TRUE'), refused);
    const [truncation] = await dataset.createQueryJob({ ...append, writeDisposition: 'WRITE_TRUNCATE' });
    await assert.rejects(truncation.promise(), /streaming buffer/);
    await dataset.query("DELETE FROM t WHERE id = 'written'");
    assert.deepEqual((await dataset.query('SELECT id FROM t'))[0], [{ id: 'streamed' }]);
    await close();
  });

  it('is empty at once by default, so that an erasure works', async function () {
    if (!isOurs) this.skip();
    const { dataset, close } = await openTarget();
    const [table] = await dataset.createTable('t', { schema: 'id:string' });
    await table.insert({ id: 'streamed' });
    await dataset.query('DELETE FROM t WHERE TRUE');
    assert.deepEqual((await dataset.query('SELECT id FROM t'))[0], []);
    await close();
  });
});
