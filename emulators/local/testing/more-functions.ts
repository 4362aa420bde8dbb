import type { Mesh, MeshFunction } from '../../../functions/mesh.ts';

/** The mesh with a function of each kind that it may still lack. */
export function withMoreFunctions(mesh: Mesh): Mesh {
  const size = {
    description: 'Another',
    memory: '1Gi',
    concurrency: 20,
    timeoutSeconds: 900,
    instances: { min: 0, max: 2 },
  };
  const delivery = { minBackoffSeconds: 20, maxBackoffSeconds: 300, maxDeliveryAttempts: 12 };
  const more = [
    {
      ...size,
      name: 'another-mail',
      trigger: { topic: 'subscribers' },
      delivery,
      access: ['mail', 'mongodb', 'history.append:rejections'],
    },
    {
      ...size,
      name: 'another-reader',
      trigger: { objects: ['track/'] },
      delivery,
      access: ['archive.read', 'topic.subscribers'],
    },
    { ...size, name: 'another-page', trigger: { http: 'private' }, access: ['mongodb'] },
    {
      ...size,
      name: 'reconcile',
      trigger: { schedule: '37 * * * *' },
      access: ['archive.read', 'history.read:sites', 'topic.objects'],
    },
  ] as unknown as MeshFunction[];
  const names = new Set(mesh.functions.map(({ name }) => name));
  return { ...mesh, functions: [...mesh.functions, ...more.filter(({ name }) => !names.has(name))] };
}
