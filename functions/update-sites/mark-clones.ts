import type { Sites } from '../../shared/stores/sites.ts';

/**
 * Marks among the sites of each fingerprint the copies of the one that was seen first, and unmarks that one. Every event looks
 * at the whole group after its own write, so that whoever comes last leaves the right marks.
 */
export async function markClones(
  project: string,
  fingerprints: readonly unknown[],
  sites: Pick<Sites, 'withFingerprint' | 'change'>,
): Promise<void> {
  for (const fingerprint of new Set(fingerprints)) {
    if (typeof fingerprint !== 'string') continue;
    const [original, ...copies] = await sites.withFingerprint(project, fingerprint);
    if (original?.cloneOf) await mark(original._id, null);
    for (const copy of copies) {
      if (copy.cloneOf !== original?.site) await mark(copy._id, original?.site ?? null);
    }
  }

  async function mark(id: string, cloneOf: string | null): Promise<void> {
    await sites.change(id, (known) => (known.cloneOf === cloneOf ? known : { ...known, cloneOf }));
  }
}
