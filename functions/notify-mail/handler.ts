import { decodeSubscriberMessage } from '../../shared/event/subscriber.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { openRejections } from '../../shared/stores/history/rejections.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openMailClaims } from '../../shared/stores/topics/mail-claims.ts';
import type { Config } from './config.ts';
import { openMailApi } from './mail-api.ts';
import { notifyMail, rejectionOfMessage } from './notify-mail.ts';

/** Well within the time in which a push must be answered, so that a slow mail API is a failure that is seen. */
const MAIL_TIMEOUT_MS = 10_000;

/** What takes the messages, with the stores that it works with. */
export interface Handler {
  handle(message: unknown): Promise<void>;
  close(): Promise<void>;
}

export function openHandler(config: Config, log: Log): Handler {
  const { db, close } = openLatest(config);
  const stores = {
    sites: openSites(db),
    mailClaims: openMailClaims(db),
    mailApi: openMailApi({ ...config.mail, timeoutMs: MAIL_TIMEOUT_MS }),
  };
  const rejections = openRejections(config, { log });
  return {
    handle: handleEvent({
      decode: decodeSubscriberMessage,
      work: (message) => notifyMail(message, stores),
      reject: (message, error) => rejections.append(rejectionOfMessage(message, error)),
      log,
    }),
    close,
  };
}
