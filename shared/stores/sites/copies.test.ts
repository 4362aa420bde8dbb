import assert from 'node:assert/strict';
import { ownDatabase } from '../../testing/stores.ts';
import type { Latest } from '../mongodb.ts';
import { openCopies } from './copies.ts';
import { siteKey } from './sites.ts';

describe('openCopies', () => {
  let latest: Latest;
  const sites = () => latest.db.collection<{ _id: string; cloneOf: string | null; revision: number }>('sites');
  const noted = async () =>
    (await sites().find().sort({ _id: 1 }).toArray()).map(({ _id, cloneOf, revision }) => [_id, cloneOf, revision]);

  before(() => {
    latest = ownDatabase();
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  it('marks what is a copy now, unmarks what is none any more, and leaves what stays as it is', async () => {
    await sites().insertMany(['a', 'b', 'c'].map((site) => ({ _id: siteKey('p', site), cloneOf: null, revision: 1 })));
    const copies = openCopies(latest.db);
    const copy = (site: string, copyOf: string) => ({ project: 'p', site, copyOf });
    await copies.note([copy('b', 'a'), copy('c', 'a')]);
    assert.deepEqual(await noted(), [
      ['p:a', null, 1],
      ['p:b', 'a', 2],
      ['p:c', 'a', 2],
    ]);
    await copies.note([copy('c', 'a'), copy('gone', 'a')]);
    assert.deepEqual(await noted(), [
      ['p:a', null, 1],
      ['p:b', null, 3],
      ['p:c', 'a', 2],
    ]);
  });

  it('notes them as they come, and holds no more of them than it writes at once', async () => {
    const site = (n: number) => `many-${n}.example`;
    const some = [0, 1000].map((n) => ({ _id: siteKey('q', site(n)), cloneOf: null, revision: 1 }));
    await sites().insertMany(some);
    const marked = () => sites().countDocuments({ _id: /^q:/, cloneOf: 'first.example' });
    const before: number[] = [];
    async function* copies() {
      for (let n = 0; n < 2001; n += 1) {
        if (n % 1000 === 0) before.push(await marked());
        yield { project: 'q', site: site(n), copyOf: 'first.example' };
      }
    }
    await openCopies(latest.db).note(copies());
    assert.deepEqual(before, [0, 1, 2]);
    await openCopies(latest.db).note([]);
    assert.equal(await marked(), 0);
  });
});
