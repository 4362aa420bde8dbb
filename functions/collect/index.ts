import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { loadOnceListening } from '../../shared/runtime/load-once-listening.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { readConfig } from './config.ts';
import { openIntake } from './intake.ts';
import { answerTooLarge, route } from './routes.ts';
import { takeRequestsOnceListening } from './take-requests.ts';

const config = readConfig(process.env);
const log = openLog('collect', config.logLevel);
const now = () => new Date();
const intake = openIntake({ now, log });
const dependencies = loadOnceListening(async () => {
  const { openArchive } = await import('../../shared/stores/archive/archive.ts');
  return { ...config, archive: openArchive(config), now, log, intake };
});
takeRequestsOnceListening(answerTooLarge);
// clients that do not wait for their answer are gone, their payloads are not
drainOnSignal(intake.drain);

http('collect', async (request, response) => route(request, response, await dependencies()));
