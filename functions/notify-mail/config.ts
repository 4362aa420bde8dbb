import { IsNotEmpty, IsUrl } from 'class-validator';
import { configPart, historyConfig, logConfig, mongodbConfig, readParts } from '../../shared/runtime/env.ts';

class MailVariables {
  @IsUrl({ protocols: ['http', 'https'], require_protocol: true, require_tld: false }) MAIL_API_URL!: string;
  @IsNotEmpty() MAIL_API_SECRET!: string;
}
const mailConfig = configPart(MailVariables, ({ MAIL_API_URL, MAIL_API_SECRET }) => ({
  mail: { url: MAIL_API_URL, secret: MAIL_API_SECRET },
}));

export type Config = ReturnType<typeof readConfig>;

export function readConfig(env: NodeJS.ProcessEnv) {
  return readParts(env, historyConfig, mongodbConfig, mailConfig, logConfig);
}
