import assert from 'node:assert/strict';
import type { BigQuery, Dataset, Table } from '@google-cloud/bigquery';
import { eventTable, failsWith, isOurs, isService, openTarget, rowFails, type Target } from './contract-target.ts';

describe('BigQuery contract: datasets, tables and rows', () => {
  let target: Target;
  let client: BigQuery;
  let dataset: Dataset;
  let table: Table;
  let tables = 0;
  before(async () => {
    target = await openTarget();
    ({ client, dataset } = target);
  });
  after(() => target.close());
  beforeEach(async () => {
    tables += 1;
    [table] = await dataset.createTable(`events_${tables}`, eventTable);
  });

  describe('datasets', () => {
    it('exist once they are made, and are made once only', async () => {
      assert.deepEqual(await dataset.exists(), [true]);
      assert.deepEqual(await client.dataset('nope').exists(), [false]);
      await assert.rejects(dataset.create(), failsWith(409, 'duplicate', /Already Exists/));
    });

    it('are listed', async () => {
      const [all] = await client.getDatasets();
      assert.ok(all.some(({ id }) => id === dataset.id));
    });

    it('keep their location and description', async () => {
      const described = client.dataset(`${dataset.id}_described`);
      await described.create({ description: 'history' });
      const [metadata] = await described.getMetadata();
      await described.delete();
      assert.equal(metadata.description, 'history');
      assert.equal(metadata.location, 'US');
    });

    it('that hold a table are deleted by force only', async () => {
      const full = client.dataset(`${dataset.id}_full`);
      await full.create();
      await full.createTable('t', { schema: 'a:string' });
      await assert.rejects(full.delete(), failsWith(400, 'resourceInUse', /still in use/));
      await full.delete({ force: true });
      assert.deepEqual(await full.exists(), [false]);
    });
  });

  describe('tables', () => {
    it('keep what they were made of', async () => {
      const [metadata] = await table.getMetadata();
      assert.equal(metadata.type, 'TABLE');
      assert.equal(metadata.description, 'Every event');
      assert.deepEqual(metadata.timePartitioning, eventTable.timePartitioning);
      assert.deepEqual(metadata.clustering, eventTable.clustering);
      assert.equal(metadata.requirePartitionFilter, true);
      const [first] = metadata.schema.fields;
      assert.deepEqual(first, { name: 'event_id', type: 'STRING', mode: 'REQUIRED', description: 'The event' });
      assert.deepEqual(await table.exists(), [true]);
    });

    it('are made once only', async () => {
      await assert.rejects(dataset.createTable(String(table.id), eventTable), failsWith(409, 'duplicate'));
    });

    it('that are not there are not found', async () => {
      assert.deepEqual(await dataset.table('nope').exists(), [false]);
      await assert.rejects(dataset.table('nope').get(), failsWith(404, 'notFound', /Not found: Table/));
      await assert.rejects(dataset.table('nope').insert({ a: 1 }), failsWith(404, 'notFound'));
    });

    it('are listed with their views, and are gone when deleted', async () => {
      const query = `SELECT event_id FROM ${dataset.id}.${table.id} WHERE received_at > "2000-01-01"`;
      await dataset.createTable(`${table.id}_view`, { view: { query, useLegacySql: false } });
      const listed = async () => (await dataset.getTables())[0].map(({ id, metadata }) => `${id} ${metadata.type}`);
      assert.ok((await listed()).includes(`${table.id} TABLE`));
      assert.ok((await listed()).includes(`${table.id}_view VIEW`));
      await table.delete();
      assert.ok(!(await listed()).includes(`${table.id} TABLE`));
    });

    it('that are views get other SQL, and nothing else (ours) changes', async () => {
      const view = (query: string) => ({ view: { query, useLegacySql: false } });
      const [made] = await dataset.createTable(`${table.id}_v`, view('SELECT 1 AS a'));
      assert.deepEqual((await dataset.query(`SELECT * FROM ${table.id}_v`))[0], [{ a: 1 }]);
      await made.setMetadata(view('SELECT 2 AS b'));
      assert.deepEqual((await dataset.query(`SELECT * FROM ${table.id}_v`))[0], [{ b: 2 }]);
      if (isOurs)
        await assert.rejects(table.setMetadata({ description: 'x' }), failsWith(400, 'invalid', /does not support/));
    });

    it('need a column to be partitioned by', async () => {
      const partitioned = { schema: 'a:string', timePartitioning: { type: 'DAY', field: 'b' } };
      await assert.rejects(dataset.createTable('unpartitioned', partitioned), failsWith(400, 'invalid'));
    });
  });

  describe('insertAll', () => {
    const row = (id: string) => ({ event_id: id, received_at: '2024-01-01T10:00:00.123456Z' });
    const ids = async () => {
      const query = `SELECT event_id FROM ${table.id} WHERE received_at IS NOT NULL ORDER BY event_id`;
      return (await dataset.query({ query }))[0].map(({ event_id }) => event_id);
    };

    it('shows rows at once, with every kind of value', async () => {
      await table.insert({
        ...row('a'),
        day: '2024-02-29',
        count: '9007199254740993',
        share: 0.1,
        is_local: false,
        custom: '{"plan":"pro","n":[1,2]}',
        tags: ['x', 'y'],
        plugins: [{ slug: 'akismet', version: '5' }, { slug: 'jet' }],
        server: { php: '8.2' },
      });
      const query = `SELECT * FROM ${table.id} WHERE received_at >= '2024-01-01'`;
      const [[found]] = await dataset.query({ query, wrapIntegers: true });
      assert.equal(found.received_at.value, '2024-01-01T10:00:00.123456000Z');
      assert.equal(found.day.value, '2024-02-29');
      assert.equal(found.count.value, '9007199254740993');
      assert.equal(found.share, 0.1);
      assert.equal(found.is_local, false);
      assert.deepEqual(JSON.parse(found.custom), { plan: 'pro', n: [1, 2] });
      assert.deepEqual(found.tags, ['x', 'y']);
      assert.deepEqual(found.plugins, [
        { slug: 'akismet', version: '5' },
        { slug: 'jet', version: null },
      ]);
      assert.deepEqual(found.server, { php: '8.2' });
    });

    it('gives NULL for what is left out, and an empty array', async () => {
      await table.insert(row('a'));
      const query = `SELECT count, tags, server, ARRAY_LENGTH(tags) AS n FROM ${table.id} WHERE received_at > '2000-01-01'`;
      assert.deepEqual((await dataset.query({ query }))[0], [{ count: null, tags: [], server: null, n: 0 }]);
    });

    it('takes an insertId once within a minute', async () => {
      const rows = ['a', 'b', 'a'].map((id) => ({ insertId: id, json: row(id) }));
      await table.insert(rows, { raw: true });
      await table.insert(rows, { raw: true });
      assert.deepEqual(await ids(), ['a', 'b']);
    });

    it('inserts nothing when a row is bad, and says so of the good ones', async () => {
      const rows = [row('a'), { ...row('b'), count: 'many' }];
      await assert.rejects(table.insert(rows, { partialRetries: 0 }), (error: unknown) => {
        const { name, response } = error as { name: string; response: { insertErrors: object[] } };
        assert.equal(name, 'PartialFailureError');
        const reasons = response.insertErrors.map((item) => {
          const { index, errors } = item as { index: number; errors: { reason: string; location: string }[] };
          return [index, errors[0]?.reason, errors[0]?.location];
        });
        assert.deepEqual(reasons, [
          [0, 'stopped', ''],
          [1, 'invalid', 'count'],
        ]);
        return true;
      });
      assert.deepEqual(await ids(), []);
    });

    it('remembers no insertId of a row that it did not insert', async () => {
      const good = { insertId: 'a', json: row('a') };
      const bad = { insertId: 'b', json: { ...row('b'), count: 'many' } };
      await assert.rejects(table.insert([good, bad], { raw: true, partialRetries: 0 }));
      await table.insert([good], { raw: true });
      assert.deepEqual(await ids(), ['a']);
    });

    it('inserts the good rows when told to skip the bad ones', async () => {
      const rows = [row('a'), { ...row('b'), nope: 1 }, row('c')];
      await assert.rejects(table.insert(rows, { skipInvalidRows: true, partialRetries: 0 }), rowFails(/no such field/));
      assert.deepEqual(await ids(), ['a', 'c']);
    });

    it('gives text and JSON back as they were written, with numbers that a double cannot hold', async () => {
      const custom = '{"n": 12345678901234567890, "x": 0.10, "long": 123456789012345678901234567890}';
      const [texts] = await dataset.createTable(`texts_${tables}`, { schema: 'additional:string,custom:json' });
      await texts.insert({ additional: custom, custom });
      const query = `SELECT additional, custom, JSON_VALUE(additional, '$.n') AS a, JSON_VALUE(custom, '$.n') AS b FROM ${texts.id}`;
      const [[found]] = await dataset.query({ query });
      if (isOurs) assert.equal(found.custom, custom); // the service leaves out spaces
      assert.deepEqual([found.additional, found.a, found.b], [custom, '12345678901234567890', '12345678901234567890']);
    });

    it('refuses a whole number that JSON may have rounded on its way (ours)', async function () {
      if (!isOurs) this.skip();
      const value = { ...row('a'), count: 9007199254740994 };
      await assert.rejects(table.insert(value, { partialRetries: 0 }), rowFails(/beyond 2\^53 without quotes/));
    });

    it('has no NaN and no infinity (ours)', async function () {
      if (!isOurs) this.skip();
      for (const share of ['NaN', '-Infinity', '1e400']) {
        await assert.rejects(
          table.insert({ ...row('a'), share }, { partialRetries: 0 }),
          rowFails(/NaN|floating point/),
        );
      }
    });

    for (const { title, value, message } of [
      { title: 'a REQUIRED value that is missing', value: { event_id: 'a' }, message: /required field/i },
      { title: 'an array in a field that is none', value: { ...row('a'), count: [1] }, message: /Array/ },
      { title: 'a scalar in an array field', value: { ...row('a'), tags: 'x' }, message: /./ },
      { title: 'a scalar in a RECORD', value: { ...row('a'), server: 'x' }, message: /not a record/ },
      { title: 'NULL in an array', value: { ...row('a'), tags: ['x', null] }, message: /./ },
      { title: 'a day that there is not', value: { ...row('a'), day: '2023-02-29' }, message: /date/ },
      { title: 'a text that is no time', value: { ...row('a'), received_at: 'soon' }, message: /timestamp/ },
      { title: 'text that is no JSON', value: { ...row('a'), custom: '{' }, message: /./ },
      { title: 'a number beyond INT64', value: { ...row('a'), count: '9223372036854775808' }, message: /./ },
    ]) {
      it(`refuses ${title}`, async () => {
        await assert.rejects(table.insert(value, { partialRetries: 0 }), rowFails(message));
        assert.deepEqual(await ids(), []);
      });
    }

    it('takes rows of many requests at once', async () => {
      await Promise.all(Array.from({ length: 40 }, (_, i) => table.insert(row(String(i).padStart(2, '0')))));
      assert.equal((await ids()).length, 40);
    });

    it('gives rows without a query', async function () {
      if (isService) this.skip(); // the service lists rows only once they left the streaming buffer
      await table.insert([row('a'), row('b'), row('c')]);
      const [first, next] = await table.getRows({ maxResults: 2, autoPaginate: false });
      const [rest] = await table.getRows({ ...next, autoPaginate: false });
      const rows = [...first, ...rest];
      assert.deepEqual(
        rows.map(({ event_id }) => event_id),
        ['a', 'b', 'c'],
      );
    });

    it('tells how many rows and bytes there are (ours: at once)', async function () {
      if (!isOurs) this.skip();
      await table.insert([row('a'), row('b')]);
      const [metadata] = await table.getMetadata();
      assert.equal(metadata.numRows, '2');
      assert.equal(metadata.numBytes, String(2 * (3 + 8)));
    });
  });
});
