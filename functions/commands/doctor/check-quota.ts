import { Storage } from '@google-cloud/storage';
import type { Check } from './check.ts';

/** Reads a resource of one of Google's REST APIs. Rejects when it answers anything but 2xx. */
export type GetJson = (url: string) => Promise<unknown>;

/** With the credentials that every client finds in the environment. */
export function openGoogleApi(): GetJson {
  const { authClient } = new Storage();
  return async (url) => (await authClient.request({ url })).data;
}

export interface QuotaOptions {
  projectId: string;
  /** Where the functions run. */
  region: string;
  /** The functions' names: each is a service of Cloud Run. */
  functions: readonly string[];
  getJson: GetJson;
}

interface Service {
  name: string;
  template?: {
    scaling?: { maxInstanceCount?: number };
    containers?: { resources?: { limits?: { cpu?: string } } }[];
  };
}

interface QuotaInfo {
  dimensionsInfos?: { applicableLocations?: string[]; details?: { value?: string } }[];
}

const MILLI = 1000;

/**
 * Whether the region's quota covers the vCPUs that all functions may use at once. Beyond it Cloud Run refuses a deploy (“Quota
 * violated: CpuAllocPerProjectRegion”) or answers 429. Sources: Cloud Quotas API, quotaInfos, whose unit here is milli-vCPU;
 * Cloud Run Admin API v2, services.
 */
export async function checkQuota({ projectId, region, functions, getJson }: QuotaOptions): Promise<Check[]> {
  const what = `quota of vCPUs in ${region}`;
  const { services = [] } = (await getJson(
    `https://run.googleapis.com/v2/projects/${projectId}/locations/${region}/services?pageSize=1000`,
  )) as { services?: Service[] };
  const needed = vcpusOf(services.filter(({ name }) => functions.includes(name.split('/').at(-1) as string)));
  const allowed = vcpusAllowed(
    (await getJson(
      `https://cloudquotas.googleapis.com/v1/projects/${projectId}/locations/global/services/run.googleapis.com/quotaInfos/CpuAllocPerProjectRegion`,
    )) as QuotaInfo,
    region,
  );
  const expected = `covers the ${needed} vCPUs that the functions may use at once`;
  const actual = allowed === undefined ? 'Cloud Quotas knows none' : `${allowed} vCPUs`;
  return [{ what, expected, actual: allowed !== undefined && allowed >= needed ? expected : actual }];
}

function vcpusOf(services: Service[]): number {
  const each = services.map(({ template }) => {
    const cpu = template?.containers?.[0]?.resources?.limits?.cpu ?? '1';
    const vcpus = cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / MILLI : Number(cpu);
    return vcpus * (template?.scaling?.maxInstanceCount ?? 0);
  });
  return Math.ceil(each.reduce((sum, vcpus) => sum + vcpus, 0));
}

/** -1 is no limit. */
function vcpusAllowed({ dimensionsInfos = [] }: QuotaInfo, region: string): number | undefined {
  const own = dimensionsInfos.find(({ applicableLocations = [] }) => applicableLocations.includes(region));
  const value = own?.details?.value;
  if (value === undefined) return undefined;
  return Number(value) === -1 ? Number.POSITIVE_INFINITY : Number(value) / MILLI;
}
