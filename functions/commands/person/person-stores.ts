import { openArchive } from '../../../shared/stores/archive.ts';
import { openDerivedSites } from '../../../shared/stores/derived-sites.ts';
import { type Erasures, openErasures } from '../../../shared/stores/erasures.ts';
import { openEventKeys } from '../../../shared/stores/event-keys.ts';
import { type LateDays, openLateDays } from '../../../shared/stores/late-days.ts';
import { openProjectsWriter, type ProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { openSiteHistory } from '../../../shared/stores/site-history.ts';
import { openSiteLatest } from '../../../shared/stores/site-latest.ts';
import { withLatest } from '../with-latest.ts';
import type { HeldStores } from './find-held.ts';

export interface PersonStores extends HeldStores {
  projects: ProjectsWriter;
  erasures: Erasures;
  lateDays: Pick<LateDays, 'want'>;
}

/** Opens every store in which a person's data can be, for as long as `work` takes. */
export async function withPersonStores(
  env: NodeJS.ProcessEnv,
  work: (stores: PersonStores) => Promise<void>,
): Promise<void> {
  await withLatest(env, ({ config, db }) =>
    work({
      archive: openArchive(config),
      eventKeys: openEventKeys(config),
      latest: openSiteLatest(db),
      history: openSiteHistory(config),
      derived: openDerivedSites(config),
      projects: openProjectsWriter(db),
      erasures: openErasures(db),
      lateDays: openLateDays(db),
    }),
  );
}
