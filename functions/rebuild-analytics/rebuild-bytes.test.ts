import assert from 'node:assert/strict';
import { inProof } from '../../shared/testing/in-proof.ts';
import { ownDatabase, ownDataset } from '../../shared/testing/stores.ts';
import { openStores } from './open-stores.ts';
import { addPast, addReports, bytesOf } from './testing/past-of-sites.ts';

const SITES = 500;
const DAYS = 31;

describe('what an hourly rebuild reads', function () {
  this.timeout(120_000);

  inProof('hardly grows with the history: of twelve times as long a one at most a fifth more', async () => {
    const [dataset, latest] = [await ownDataset(), ownDatabase()];
    try {
      const options = { projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 40 };
      const stores = openStores(options, latest.db, () => {});
      await addReports(dataset, SITES);
      const readAfter = async (days: number) => {
        await addPast(stores, { sites: SITES, days });
        return (await bytesOf(stores)).mib as number;
      };
      const [short, long] = [await readAfter(DAYS), await readAfter(12 * DAYS)];
      assert.ok(short > 1, `${short} MiB`);
      assert.ok(long <= 1.2 * short, `${short} MiB, and ${long} MiB`);
    } finally {
      await dataset.delete({ force: true });
      await latest.db.dropDatabase();
      await latest.close();
    }
  });
});
