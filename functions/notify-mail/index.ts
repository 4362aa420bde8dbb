import { cloudEvent } from '@google-cloud/functions-framework';
import { decodeSubscriberMessage } from '../../shared/event/subscriber.ts';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openRejections } from '../../shared/stores/history/rejections.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { readConfig } from './config.ts';
import { openMailApi } from './mail-api.ts';
import { notifyMail, rejectionOfMessage } from './notify-mail.ts';

/** Well within the time in which a push must be answered, so that a slow mail API is a failure that is seen. */
const MAIL_TIMEOUT_MS = 10_000;

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const log = openLog('notify-mail', config.logLevel);
const stores = { sites: openSites(db), mailApi: openMailApi({ ...config.mail, timeoutMs: MAIL_TIMEOUT_MS }) };
const rejections = openRejections(config, { log });
drainOnSignal(close);

cloudEvent(
  'notify-mail',
  handleEvent({
    decode: decodeSubscriberMessage,
    work: (message) => notifyMail(message, stores),
    reject: (message, error) => rejections.append(rejectionOfMessage(message, error)),
    log,
  }),
);
