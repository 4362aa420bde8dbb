import type { Db } from 'mongodb';
import { openArchive } from '../../../shared/stores/archive/archive.ts';
import { openRecordedEvents } from '../../../shared/stores/history/recorded-events.ts';
import { openRejectionsReader, type RejectionsReader } from '../../../shared/stores/history/rejections-reader.ts';
import { openProjects } from '../../../shared/stores/projects.ts';
import { openProjectsWriter, type ProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { openSites } from '../../../shared/stores/sites/sites.ts';
import { type Notifications, openNotifications } from '../../../shared/stores/topics/notifications.ts';
import type { Config } from '../config.ts';
import { withLatest } from '../with-latest.ts';
import type { SelectionStores } from './select-objects.ts';

export interface RecoveryStores extends SelectionStores {
  config: Config;
  db: Db;
  rejections: RejectionsReader;
  projectsWriter: ProjectsWriter;
  notifications: Notifications;
}

/** Opens what finds events and sends them again, for as long as `work` takes. */
export async function withRecoveryStores(
  env: NodeJS.ProcessEnv,
  work: (stores: RecoveryStores) => Promise<void>,
): Promise<void> {
  await withLatest(env, async ({ config, db }) => {
    const notifications = openNotifications(config);
    try {
      await work({
        config,
        db,
        archive: openArchive(config),
        recorded: openRecordedEvents(config),
        rejections: openRejectionsReader(config),
        projects: openProjects(db),
        projectsWriter: openProjectsWriter(db),
        sites: openSites(db),
        // of whom an event is takes no country
        countryOf: () => null,
        notifications,
      });
    } finally {
      await notifications.close();
    }
  });
}
