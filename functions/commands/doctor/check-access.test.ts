import assert from 'node:assert/strict';
import { readMesh } from '../../mesh.ts';
import { differs } from './check.ts';
import { checkAccess } from './check-access.ts';

describe('checkAccess', () => {
  const check = (service: object, policy: object) => {
    const asked: string[] = [];
    const checked = checkAccess({
      ...{ projectId: 'p', region: 'europe-west1', mesh: readMesh() },
      getJson: async (url) => {
        asked.push(url.split('/services/')[1] ?? url);
        return url.endsWith(':getIamPolicy') ? policy : service;
      },
    });
    return checked.then((checks) => ({ asked, found: checks.filter(differs).map(({ actual }) => actual) }));
  };
  const binding = (role: string, ...members: string[]) => ({ bindings: [{ role, members }] });

  it('looks at each private function, and is content with named members', async () => {
    assert.deepEqual(await check({}, binding('roles/run.invoker', 'user:jane@example.org')), {
      asked: ['dashboard', 'dashboard:getIamPolicy'],
      found: [],
    });
    assert.deepEqual((await check({}, {})).found, []);
  });

  for (const member of ['allUsers', 'allAuthenticatedUsers'])
    it(`fails when ${member} may call it`, async () => {
      const policy = binding('roles/run.invoker', 'user:jane@example.org', member);
      assert.deepEqual((await check({}, policy)).found, [member]);
    });

  it('fails when nobody is asked who calls', async () =>
    assert.deepEqual((await check({ invokerIamDisabled: true }, {})).found, ['anybody, for the check is off']));
});
