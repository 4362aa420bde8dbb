import assert from 'node:assert/strict';
import type { Collection } from 'mongodb';
import { openTarget, type Target } from '../contract-target.ts';

interface Doc {
  _id: string;
  n?: number;
}

describe('the fail point failCommand', () => {
  let target: Target;
  let docs: Collection<Doc>;

  // a real MongoDB has it only when it was started with enableTestCommands
  before(async function () {
    target = await openTarget();
    docs = target.db.collection<Doc>('docs');
    if (!target.isOurs) this.skip();
  });
  afterEach(() => configure({ mode: 'off' }));
  after(() => target.close());

  const configure = (how: object) => target.client.db('admin').command({ configureFailPoint: 'failCommand', ...how });
  const upsert = (_id: string) => docs.replaceOne({ _id, n: { $lte: 5 } }, { n: 1 } as never, { upsert: true });

  it('answers an upsert as a server where another one came first, as often as it was told', async () => {
    await configure({ mode: { times: 2 }, data: { failCommands: ['update'], errorCode: 11000 } });
    for (const _id of ['a', 'b']) {
      await assert.rejects(upsert(_id), {
        name: 'MongoServerError',
        code: 11000,
        keyPattern: { _id: 1 },
        keyValue: { _id },
      });
    }
    assert.equal(await docs.countDocuments(), 0);
    assert.equal((await upsert('a')).upsertedCount, 1);
  });

  it('gives it as a write error of a batch, and as an error of findAndModify', async () => {
    await configure({ mode: { times: 1 }, data: { failCommands: ['insert'], errorCode: 11000 } });
    await assert.rejects(docs.insertMany([{ _id: 'x' }, { _id: 'y' }]), { name: 'MongoBulkWriteError', code: 11000 });
    await configure({ mode: { times: 1 }, data: { failCommands: ['findAndModify'], errorCode: 11000 } });
    await assert.rejects(docs.findOneAndUpdate({ _id: 'x' }, { $set: { n: 1 } }), {
      code: 11000,
      codeName: 'DuplicateKey',
    });
  });

  it('fails any command with any code, until it is off', async () => {
    await configure({ mode: 'alwaysOn', data: { failCommands: ['find', 'update'], errorCode: 96 } });
    for (let i = 0; i < 3; i++) await assert.rejects(docs.findOne({}), { code: 96 });
    await assert.rejects(upsert('c'), { code: 96 });
    await target.db.command({ ping: 1 });
    const { count } = await configure({ mode: 'off' });
    assert.ok(count >= 4);
    await docs.findOne({});
  });

  it('touches other collections only when it was not told one', async () => {
    const namespace = `${target.db.databaseName}.other`;
    await configure({ mode: { times: 1 }, data: { failCommands: ['find'], errorCode: 2, namespace } });
    await docs.findOne({});
    await assert.rejects(target.db.collection('other').findOne({}), { code: 2 });
  });

  it('ends the connection without an answer, and the next one works', async () => {
    await configure({ mode: { times: 1 }, data: { failCommands: ['insert'], closeConnection: true } });
    await assert.rejects(docs.insertOne({ _id: 'closed' }), { name: 'MongoNetworkError' });
    assert.equal(await docs.countDocuments({ _id: 'closed' }), 0);
    await docs.insertOne({ _id: 'closed' });
  });

  for (const { title, command, code } of [
    { title: 'another fail point', command: { configureFailPoint: 'failAllInserts', mode: 'alwaysOn' }, code: 266 },
    {
      title: 'another mode',
      command: { configureFailPoint: 'failCommand', mode: { skip: 2 }, data: { failCommands: [], errorCode: 1 } },
      code: 2,
    },
    {
      title: 'what it cannot do',
      command: {
        configureFailPoint: 'failCommand',
        mode: 'alwaysOn',
        data: { failCommands: ['find'], errorCode: 1, blockConnection: true },
      },
      code: 2,
    },
    { title: 'a failure that is none', command: { configureFailPoint: 'failCommand', mode: 'alwaysOn' }, code: 2 },
  ])
    it(`refuses ${title} with code ${code}`, () =>
      assert.rejects(target.client.db('admin').command(command), { code }));
});
