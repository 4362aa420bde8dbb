import { decodeNotification } from '../../shared/event/notification.ts';
import { rejectionOfObject } from '../../shared/event/rejection.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { openArchive } from '../../shared/stores/archive.ts';
import { openCountries } from '../../shared/stores/countries.ts';
import { openDeactivations } from '../../shared/stores/deactivations.ts';
import { openErasures } from '../../shared/stores/erasures.ts';
import { openEventKeys } from '../../shared/stores/event-keys.ts';
import { openHistory } from '../../shared/stores/history.ts';
import { openLateDays } from '../../shared/stores/late-days.ts';
import type { Subscribers } from '../../shared/stores/mail-outbox.ts';
import { openMailQuotas } from '../../shared/stores/mail-quotas.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openOptOuts } from '../../shared/stores/opt-outs.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { openRejections } from '../../shared/stores/rejections.ts';
import { openSites } from '../../shared/stores/sites.ts';
import { openTopic, SUBSCRIBERS_TOPIC } from '../../shared/stores/topics.ts';
import { openUnclaimed } from '../../shared/stores/unclaimed.ts';
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
