import assert from 'node:assert/strict';
import { differs } from './check.ts';
import { checkQuota } from './check-quota.ts';

/** What the two APIs answer, in the form that their references give. */
function answers(quota: { region: string; value: string }[]) {
  const service = (name: string, cpu: string, maxInstanceCount: number) => ({
    name: `projects/p/locations/europe-west1/services/${name}`,
    template: { scaling: { maxInstanceCount }, containers: [{ resources: { limits: { cpu, memory: '512Mi' } } }] },
  });
  return async (url: string): Promise<unknown> =>
    url.startsWith('https://run.googleapis.com/v2/projects/p/locations/europe-west1/services?')
      ? { services: [service('collect', '1', 20), service('sweep', '333m', 3), service('not-ours', '8', 100)] }
      : {
          quotaId: 'CpuAllocPerProjectRegion',
          dimensionsInfos: quota.map(({ region, value }) => ({ applicableLocations: [region], details: { value } })),
        };
}

describe('checkQuota', () => {
  for (const { title, quota, isEnough, says } of [
    {
      title: 'a quota that covers all',
      quota: [{ region: 'europe-west1', value: '21000' }],
      isEnough: true,
      says: /covers/,
    },
    { title: 'no limit', quota: [{ region: 'europe-west1', value: '-1' }], isEnough: true, says: /covers/ },
    {
      title: 'a new project’s quota',
      quota: [
        { region: 'us-central1', value: '200000' },
        { region: 'europe-west1', value: '20000' },
      ],
      isEnough: false,
      says: /^20 vCPUs$/,
    },
    { title: 'a region of which nothing is known', quota: [], isEnough: false, says: /knows none/ },
  ])
    it(`sees ${title}`, async () => {
      const [check, ...others] = await checkQuota({
        projectId: 'p',
        region: 'europe-west1',
        functions: ['collect', 'sweep'],
        getJson: answers(quota),
      });
      assert.ok(check && others.length === 0);
      assert.equal(check.expected, 'covers the 21 vCPUs that the functions may use at once');
      assert.match(check.actual, says);
      assert.equal(differs(check), !isEnough);
    });
});
