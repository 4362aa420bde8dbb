#!/usr/bin/env -S node --import tsx
import { runSitebeat } from './run-sitebeat.ts';

process.exitCode = await runSitebeat(process.argv.slice(2), process);
