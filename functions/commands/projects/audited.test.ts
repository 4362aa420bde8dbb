import assert from 'node:assert/strict';
import type { Dataset } from '@google-cloud/bigquery';
import type { Latest } from '../../../shared/stores/mongodb.ts';
import { openProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { TEST_PROJECT } from '../../../shared/testing/events.ts';
import { ownDatabase, ownDataset } from '../../../shared/testing/stores.ts';
import { capturedRun } from '../../testing/captured-run.ts';

describe('access to a project', () => {
  let latest: Latest;
  let dataset: Dataset;
  let env: Record<string, string>;
  before(async () => {
    [latest, dataset] = [ownDatabase(), await ownDataset()];
    const uri = new URL(process.env.MONGODB_URI ?? '');
    uri.pathname = `/${latest.db.databaseName}`;
    env = { MONGODB_URI: uri.href, BIGQUERY_DATASET: String(dataset.id) };
    await openProjectsWriter(latest.db).create(TEST_PROJECT);
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
    await dataset.delete({ force: true });
  });

  const update = (args: string[], variables = env) =>
    capturedRun(['projects', 'update', TEST_PROJECT.slug, ...args, '--json'], variables);
  const accessNow = async () => (await openProjectsWriter(latest.db).find(TEST_PROJECT.hash))?.access;
  const rows = async () => {
    const query = `SELECT action, resource, filters, outcome FROM \`${dataset.id}.audits\` WHERE received_at > TIMESTAMP '2000-01-01' ORDER BY received_at, outcome`;
    return (await dataset.bigQuery.query({ query }))[0];
  };

  it('is given and taken with a row in the audit before and after', async () => {
    assert.equal(
      (await update(['--grant', 'owner:Jane@Example.org', '--grant', 'analyst:ann@example.org'])).exitCode,
      0,
    );
    assert.deepEqual(await accessNow(), [
      { role: 'owner', email: 'jane@example.org' },
      { role: 'analyst', email: 'ann@example.org' },
    ]);
    assert.equal((await update(['--revoke', 'ANN@example.org'])).exitCode, 0);
    assert.deepEqual(await accessNow(), [{ role: 'owner', email: 'jane@example.org' }]);
    const granted = 'grant=owner%3Ajane%40example.org&grant=analyst%3Aann%40example.org';
    assert.deepEqual(
      (await rows()).map(({ filters, outcome }) => `${outcome} ${filters}`),
      [granted, 'revoke=ann%40example.org'].flatMap((filters) => [`begun ${filters}`, `done ${filters}`]),
    );
  });

  it('stays as it is where the audit cannot be written', async () => {
    const before = await accessNow();
    const { exitCode } = await update(['--grant', 'owner:eve@example.org'], { ...env, BIGQUERY_DATASET: 'gone' });
    assert.notEqual(exitCode, 0);
    assert.deepEqual(await accessNow(), before);
  });

  it('needs an address and a role', async () => {
    for (const grant of ['jane@example.org', 'admin:jane@example.org', 'owner:jane']) {
      assert.equal((await update(['--grant', grant])).exitCode, 2);
    }
  });
});
