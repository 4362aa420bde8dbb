import { Cron } from 'croner';
import type { MeshFunction } from '../../functions/mesh.ts';

/** Calls every scheduled function at its times, UTC, as Cloud Scheduler does. Gives how to end that. */
export function runSchedules(
  functions: MeshFunction[],
  urlOf: (name: string) => string,
  failed: (name: string) => void,
): () => void {
  const jobs = functions.flatMap(({ name, trigger }) =>
    trigger.schedule === undefined
      ? []
      : [
          new Cron(trigger.schedule, { timezone: 'UTC', unref: true }, async () => {
            await callFunction(urlOf(name)).catch(() => failed(name));
          }),
        ],
  );
  return () => {
    for (const job of jobs) job.stop();
  };
}

/** Calls a private HTTP function, and gives its answer. Throws an Error when that is not 2xx. */
export async function callFunction(url: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST' });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
