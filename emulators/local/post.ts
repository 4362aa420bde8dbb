import { request } from 'node:http';
import type { Kind } from '../../shared/event/object-name.ts';

/** A request as a plugin sends it. */
export interface ClientRequest {
  kind: Kind;
  headers: Record<string, string>;
  body: string;
}

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

/** Sends all, so many at once, and gives their event ids in the order of `requests`. */
export async function postAll(
  endpoint: string,
  requests: readonly ClientRequest[],
  {
    concurrency,
    onSent = () => {},
  }: { concurrency: number; onSent?: (id: string | undefined, startedAt: number) => void },
): Promise<(string | undefined)[]> {
  const ids: (string | undefined)[] = [];
  const queue = requests.entries();
  const worker = async () => {
    for (const [index, one] of queue) {
      const startedAt = performance.now();
      ids[index] = await post(endpoint, one);
      onSent(ids[index], startedAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return ids;
}
