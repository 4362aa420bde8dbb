import { decodeNotification } from '../../shared/event/notification.ts';
import { rejectionOfObject } from '../../shared/event/rejection.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openMailClaims } from '../../shared/stores/topics/mail-claims.ts';
import type { Subscribers } from '../../shared/stores/topics/mail-outbox.ts';
import { openMailQuotas } from '../../shared/stores/topics/mail-quotas.ts';
import { openTopic, SUBSCRIBERS_TOPIC } from '../../shared/stores/topics/topics.ts';
import type { Config } from './config.ts';
import { openNewSites } from './new-sites.ts';
import { openStores } from './open-stores.ts';
import { processEvent } from './process-event.ts';

/** What takes the events, with the stores that it works with. */
export interface Handler {
  handle(event: unknown): Promise<void>;
  close(): Promise<void>;
}

export function openHandler(config: Config, log: Log): Handler {
  const { db, close } = openLatest(config);
  const subscribers: Subscribers = openTopic({ projectId: config.projectId, topic: SUBSCRIBERS_TOPIC });
  const opened = openStores(config, db, log);
  const newSites = openNewSites({ now: opened.now, log });
  const stores = {
    ...opened,
    mailClaims: openMailClaims(db),
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
