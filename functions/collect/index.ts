import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openArchive } from '../../shared/stores/archive.ts';
import { readConfig } from './config.ts';
import { answerTooLarge, route } from './routes.ts';
import { takeRequestsOnceListening } from './take-requests.ts';

const config = readConfig(process.env);
const dependencies = {
  archive: openArchive(config),
  forwardedHops: config.forwardedHops,
  now: () => new Date(),
  log: openLog('collect', config.logLevel),
};
takeRequestsOnceListening(answerTooLarge);
drainOnSignal();

http('collect', (request, response) => route(request, response, dependencies));
