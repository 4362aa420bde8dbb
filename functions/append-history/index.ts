import { cloudEvent } from '@google-cloud/functions-framework';
import { decodeNotification } from '../../shared/event/notification.ts';
import { rejectionOfObject } from '../../shared/event/rejection.ts';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { handleEvent } from '../../shared/runtime/handle-event.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openArchive } from '../../shared/stores/archive.ts';
import { openCountries } from '../../shared/stores/countries.ts';
import { openHistory } from '../../shared/stores/history.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { openRejections } from '../../shared/stores/rejections.ts';
import { openSites } from '../../shared/stores/sites.ts';
import { appendHistory } from './append-history.ts';
import { readConfig } from './config.ts';

const config = readConfig(process.env);
const { db, close } = openLatest(config);
const log = openLog('append-history', config.logLevel);
const stores = {
  archive: openArchive(config),
  countryOf: openCountries(),
  now: () => new Date(),
  projects: openProjects(db),
  sites: openSites(db),
  history: openHistory(config),
  rejections: openRejections(config, log),
};
drainOnSignal(close);

cloudEvent(
  'append-history',
  handleEvent({
    decode: (event) => decodeNotification(event, config.bucket),
    work: (object) => appendHistory(object, stores),
    reject: (object, error) => stores.rejections.append(rejectionOfObject(object, error)),
    log,
  }),
);
