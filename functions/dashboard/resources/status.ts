import type { StatusAnswer } from '../api.ts';
import type { Answer, Call } from '../call.ts';

/** Reconcile looks at each hour of the last two days. */
const LAST_DAYS_MS = 3 * 86_400_000;

export async function getStatus({ stores: { figures, freshness }, now }: Call): Promise<Answer> {
  const [newest, newestEvent, lateDays, reconciled] = await Promise.all([
    figures.newest(),
    freshness.newestEvent(),
    freshness.lateDays(),
    freshness.reconciled(new Date(now.getTime() - LAST_DAYS_MS)),
  ]);
  const body: StatusAnswer = {
    rebuiltAt: newest?.rebuiltAt.toISOString() ?? null,
    generation: newest?.generation ?? 0,
    through: newest?.through ?? null,
    lagSeconds:
      newestEvent === undefined ? null : Math.max(0, Math.round((now.getTime() - newestEvent.getTime()) / 1000)),
    lateDays,
    reconciled: reconciled ?? null,
  };
  return { kind: 'fresh', body };
}
