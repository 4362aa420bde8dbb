import { request } from 'node:http';
import { concurrently } from '../../shared/runtime/concurrently.ts';
import type { ClientRequest } from '../../shared/simulation/simulate.ts';

/** The event id that collect answered; undefined when it refused. Rejects when nobody answers. */
export function post(endpoint: string, { kind, headers, body }: ClientRequest): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.from(body);
    const sent = request(`${endpoint}/${kind}`, {
      // each on a connection of its own, as plugins do
      agent: false,
      method: 'POST',
      headers: { ...headers, 'content-length': bytes.length },
    });
    sent.once('response', async (response) => {
      const chunks = await response.toArray();
      resolve(response.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString()).id : undefined);
    });
    sent.once('error', reject);
    sent.end(bytes);
  });
}

/** Sends all, so many at once, and gives their event ids in the order of `requests`. Rejects as soon as one finds nobody. */
export async function postAll(
  endpoint: string,
  requests: readonly ClientRequest[],
  {
    concurrency,
    onSent = () => {},
  }: { concurrency: number; onSent?: (id: string | undefined, startedAt: number) => void },
): Promise<(string | undefined)[]> {
  const ids: (string | undefined)[] = [];
  await concurrently(requests.entries(), concurrency, async ([index, one]) => {
    const startedAt = performance.now();
    ids[index] = await post(endpoint, one);
    onSent(ids[index], startedAt);
  });
  return ids;
}
