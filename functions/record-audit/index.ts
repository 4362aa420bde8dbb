import { cloudEvent } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { loadOnceListening } from '../../shared/runtime/load-once-listening.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { readConfig } from './config.ts';

const config = readConfig(process.env);
const log = openLog('record-audit', config.logLevel);
const recordAudit = loadOnceListening(async () => (await import('./record-audit.ts')).openRecordAudit(config, log));
drainOnSignal();

cloudEvent('record-audit', async (message: unknown) => (await recordAudit())(message));
