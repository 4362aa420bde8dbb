import { http } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { openArchive } from '../../shared/stores/archive.ts';
import { readConfig } from './config.ts';
import { openIntake } from './intake.ts';
import { answerTooLarge, route } from './routes.ts';
import { takeRequestsOnceListening } from './take-requests.ts';

const config = readConfig(process.env);
const log = openLog('collect', config.logLevel);
const now = () => new Date();
const intake = openIntake({ now, log });
const dependencies = { ...config, archive: openArchive(config), now, log, intake };
takeRequestsOnceListening(answerTooLarge);
// clients that do not wait for their answer are gone, their payloads are not
drainOnSignal(intake.drain);

http('collect', (request, response) => route(request, response, dependencies));
