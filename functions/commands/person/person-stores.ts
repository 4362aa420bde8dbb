import { openArchive } from '../../../shared/stores/archive/archive.ts';
import { type Erasures, openErasures } from '../../../shared/stores/erasures.ts';
import { type LateDays, openLateDays } from '../../../shared/stores/figures/late-days.ts';
import { openEventKeys } from '../../../shared/stores/history/event-keys.ts';
import { openSiteHistory } from '../../../shared/stores/history/site-history.ts';
import { openProjectsWriter, type ProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { openDerivedSites } from '../../../shared/stores/sites/derived-sites.ts';
import { openSiteLatest } from '../../../shared/stores/sites/site-latest.ts';
import { type MailClaims, openMailClaims } from '../../../shared/stores/topics/mail-claims.ts';
import { withLatest } from '../with-latest.ts';
import type { HeldStores } from './find-held.ts';
import { openRefold, type Refold } from './refold-site.ts';

export interface PersonStores extends HeldStores, Refold {
  projects: ProjectsWriter;
  erasures: Erasures;
  lateDays: Pick<LateDays, 'want'>;
  mailClaims: Pick<MailClaims, 'forget'>;
}

/** Opens every store in which a person's data can be, for as long as `work` takes. */
export async function withPersonStores(
  env: NodeJS.ProcessEnv,
  work: (stores: PersonStores) => Promise<void>,
): Promise<void> {
  await withLatest(env, ({ config, db }) => {
    const archive = openArchive(config);
    return work({
      ...openRefold(db, archive),
      archive,
      eventKeys: openEventKeys(config),
      latest: openSiteLatest(db),
      history: openSiteHistory(config),
      derived: openDerivedSites(config),
      projects: openProjectsWriter(db),
      erasures: openErasures(db),
      lateDays: openLateDays(db),
      mailClaims: openMailClaims(db),
    });
  });
}
