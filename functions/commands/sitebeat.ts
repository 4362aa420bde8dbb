#!/usr/bin/env -S node --import tsx/esm
import { runSitebeat } from './run-sitebeat.ts';

// the client of an emulated BigQuery would look for Google's metadata server first, for seconds, and warn
if (process.env.BIGQUERY_EMULATOR_HOST) process.env.METADATA_SERVER_DETECTION ??= 'none';
// whom it is piped to may have read enough, as head has
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
// whoever listens no more to what it says meanwhile does not end its work
process.stderr.on('error', () => {});

process.exitCode = await runSitebeat(process.argv.slice(2), process);

// BigQuery's client (8.3) waits for an answer without end, also when nobody waits for it any more
const LINGER_MS = 500;
setTimeout(() => process.exit(), LINGER_MS).unref();
