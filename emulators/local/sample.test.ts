import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Storage } from '@google-cloud/storage';
import { MongoClient } from 'mongodb';
import { inProof } from '../../shared/testing/in-proof.ts';
import { provisionStores } from './provision.ts';
import { addSample, SAMPLE_PROJECT } from './sample.ts';
import { ownStores, removeOwnStores } from './testing/own-stores.ts';

describe('npm start -- --sample', function () {
  this.timeout(600_000);

  inProof('gives a mesh a past once: each event in the archive, each site in MongoDB, and charts', async () => {
    const env = ownStores();
    const client = new MongoClient(env.MONGODB_URI);
    try {
      await provisionStores(env);
      const size = { sites: 8, days: 2, seed: 3 };
      const sample = await addSample(env, size);
      assert.ok(sample && sample.events > 4);
      const bucket = new Storage({ projectId: env.GOOGLE_CLOUD_PROJECT }).bucket(env.ARCHIVE_BUCKET);
      const [files] = await bucket.getFiles();
      assert.equal(files.length, sample.events);
      const sites = client.db().collection('sites');
      const known = await sites.countDocuments({ project: SAMPLE_PROJECT.hash });
      assert.ok(known > 2);
      assert.equal(await sites.countDocuments(), known);
      const overview = await client
        .db()
        .collection('analytics')
        .findOne({ _id: SAMPLE_PROJECT.hash as never });
      assert.ok(overview?.activeToday > 0);
      assert.equal(await addSample(env, { ...size, seed: 4 }), undefined);
      assert.equal(await sites.countDocuments(), known);
    } finally {
      await client.close();
      await removeOwnStores(env);
    }
  });

  it('is asked for before its size is', async () => {
    const start = fileURLToPath(new URL('start.ts', import.meta.url));
    const ended = promisify(execFile)(process.execPath, ['--import', 'tsx/esm', start, '--sites', '5']);
    await assert.rejects(ended, { code: 2, stderr: /^--sites says how large the --sample is/ });
  });
});
