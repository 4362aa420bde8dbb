import { cloudEvent } from '@google-cloud/functions-framework';
import { drainOnSignal } from '../../shared/runtime/drain.ts';
import { loadOnceListening } from '../../shared/runtime/load-once-listening.ts';
import { openLog } from '../../shared/runtime/log.ts';
import { readConfig } from './config.ts';

const config = readConfig(process.env);
const log = openLog('notify-mail', config.logLevel);
const handler = loadOnceListening(async () => (await import('./handler.ts')).openHandler(config, log));
drainOnSignal(async () => (await handler()).close());

cloudEvent('notify-mail', async (message: unknown) => (await handler()).handle(message));
