import assert from 'node:assert/strict';
import { inProof } from '../../shared/testing/in-proof.ts';
import { runMeshSeed } from './chaos-mesh.ts';

describe('a mesh behind fault proxies', function () {
  this.timeout(600_000);

  for (const seed of [1])
    inProof(`loses and doubles nothing while its functions are killed: seed ${seed}`, async () => {
      const { accepted, faults, kills, violations } = await runMeshSeed({ seed, posts: 30, kills: 3 });
      assert.deepEqual(violations, []);
      // how many break off with a killed collect hangs on the machine
      assert.ok(accepted > 0 && faults > 0, `${accepted} accepted, ${faults} faults`);
      assert.equal(kills, 3);
    });
});
