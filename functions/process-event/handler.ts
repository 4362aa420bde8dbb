import { decodeNotification } from '../../shared/event/notification.ts';
import { rejectionOfObject } from '../../shared/event/rejection.ts';
import { openCohorts } from '../../shared/runtime/cohorts.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { openArchive } from '../../shared/stores/archive/archive.ts';
import { openCountries } from '../../shared/stores/countries.ts';
import { openErasures } from '../../shared/stores/erasures.ts';
import { openLateDays } from '../../shared/stores/figures/late-days.ts';
import { openEventKeys } from '../../shared/stores/history/event-keys.ts';
import { openHistory } from '../../shared/stores/history/history.ts';
import { openRejections } from '../../shared/stores/history/rejections.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { openDeactivations } from '../../shared/stores/sites/deactivations.ts';
import { openOptOuts } from '../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../shared/stores/sites/unclaimed.ts';
import type { Subscribers } from '../../shared/stores/topics/mail-outbox.ts';
import { openMailQuotas } from '../../shared/stores/topics/mail-quotas.ts';
import { openTopic, SUBSCRIBERS_TOPIC } from '../../shared/stores/topics/topics.ts';
import type { Config } from './config.ts';
import { openNewSites } from './new-sites.ts';
import { processEvent } from './process-event.ts';

/** What takes the events, with the stores that it works with. */
export interface Handler {
  handle(event: unknown): Promise<void>;
  close(): Promise<void>;
}

export function openHandler(config: Config, log: Log): Handler {
  const { db, close } = openLatest(config);
  const subscribers: Subscribers = openTopic({ projectId: config.projectId, topic: SUBSCRIBERS_TOPIC });
  const now = () => new Date();
  const newSites = openNewSites({ now, log });
  const stores = {
    archive: openArchive(config),
    cohorts: openCohorts(),
    countryOf: openCountries(),
    now,
    projects: openProjects(db),
    sites: openSites(db),
    deactivations: openDeactivations(db),
    optOuts: openOptOuts(db),
    unclaimed: openUnclaimed(db),
    eventKeys: openEventKeys(config),
    erasures: openErasures(db),
    history: openHistory(config),
    lateDays: openLateDays(db),
    rejections: openRejections(config, { log }),
    mailQuotas: openMailQuotas(db),
    subscribers,
    onNewSite: newSites.count,
  };
  return {
    handle: handleEvent({
      decode: (event) => decodeNotification(event, config.bucket),
      work: (object) => {
        newSites.turn();
        return processEvent(object, stores);
      },
      reject: (object, error) => stores.rejections.append(rejectionOfObject(object, error)),
      log,
    }),
    close: async () => {
      newSites.flush();
      await subscribers.close();
      await close();
    },
  };
}
