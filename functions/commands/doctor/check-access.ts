import type { Mesh } from '../../mesh.ts';
import type { Check } from './check.ts';
import type { GetJson } from './check-quota.ts';

export interface AccessOptions {
  projectId: string;
  /** Where the functions run. */
  region: string;
  mesh: Mesh;
  getJson: GetJson;
}

interface Policy {
  bindings?: { role: string; members?: string[] }[];
}

const ANYBODY = ['allUsers', 'allAuthenticatedUsers'];

/**
 * Whether nobody but those it is for may call a private function: the dashboard takes the word of Cloud Run's check for who asks.
 * Source: Cloud Run Admin API v2, services.
 */
export async function checkAccess({ projectId, region, mesh, getJson }: AccessOptions): Promise<Check[]> {
  const services = `https://run.googleapis.com/v2/projects/${projectId}/locations/${region}/services`;
  const names = mesh.functions.filter(({ trigger }) => trigger.http === 'private').map(({ name }) => name);
  const checks = names.map(async (name): Promise<Check> => {
    const [service, policy] = (await Promise.all([
      getJson(`${services}/${name}`),
      getJson(`${services}/${name}:getIamPolicy`),
    ])) as [{ invokerIamDisabled?: boolean }, Policy];
    const members = (policy.bindings ?? [])
      .filter(({ role }) => role === 'roles/run.invoker')
      .flatMap(({ members = [] }) => members);
    const open = members.filter((member) => ANYBODY.includes(member));
    if (service.invokerIamDisabled) open.push('anybody, for the check is off');
    return { what: `who may call ${name}`, expected: 'named members', actual: open[0] ?? 'named members' };
  });
  return Promise.all(checks);
}
