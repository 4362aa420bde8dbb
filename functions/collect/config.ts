import { Matches } from 'class-validator';
import { archiveConfig, configPart, logConfig, readParts } from '../../shared/runtime/env.ts';

class SenderVariables {
  /** How many addresses at the end of X-Forwarded-For the platform wrote; 0: none, the socket's counts. Cloud Run: 1. */
  @Matches(/^[0-9]$/) FORWARDED_HOPS = '0';
}
const senderConfig = configPart(SenderVariables, ({ FORWARDED_HOPS }) => ({ forwardedHops: Number(FORWARDED_HOPS) }));

export function readConfig(env: NodeJS.ProcessEnv) {
  return readParts(env, archiveConfig, senderConfig, logConfig);
}
