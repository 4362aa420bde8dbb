import { IsIn, IsOptional, Matches } from 'class-validator';
import {
  configPart,
  historyConfig,
  logConfig,
  mongodbConfig,
  queryConfig,
  readParts,
} from '../../shared/runtime/env.ts';

/** What tells who asks, and what it is checked with. */
export type IdentityConfig =
  | { identity: 'iap'; audience: string }
  | { identity: 'cloud-run' }
  | { identity: 'local'; tokenSha256: string };

class IdentityVariables {
  /** Whose word on the caller is taken: the Identity-Aware Proxy's, Cloud Run's, or that of a token of this machine. */
  @IsIn(['iap', 'cloud-run', 'local']) DASHBOARD_IDENTITY!: IdentityConfig['identity'];
  /**
   * What the proxy's tokens are for; without it, one of another service would do. A service of Cloud Run is
   * `/projects/NUMBER/locations/REGION/services/NAME`.
   */
  @IsOptional() @Matches(/^\/projects\/\d+\/\S+$/) DASHBOARD_IAP_AUDIENCE?: string;
  @IsOptional() @Matches(/^[0-9a-f]{64}$/) DASHBOARD_TOKEN_SHA256?: string;
  /** E-mail addresses of those who see every project, separated by commas. */
  @IsOptional() @Matches(/^[^\s,@]+@[^\s,@]+(?:,[^\s,@]+@[^\s,@]+)*$/) DASHBOARD_ADMINS?: string;
}

const identityConfig = configPart(IdentityVariables, (variables) => ({
  ...identityOf(variables),
  admins: new Set((variables.DASHBOARD_ADMINS ?? '').toLowerCase().split(',').filter(Boolean)),
}));

function identityOf(variables: IdentityVariables): IdentityConfig {
  const {
    DASHBOARD_IDENTITY: identity,
    DASHBOARD_IAP_AUDIENCE: audience,
    DASHBOARD_TOKEN_SHA256: tokenSha256,
  } = variables;
  if (identity === 'cloud-run') return { identity };
  if (identity === 'iap') {
    if (audience === undefined) throw new Error('DASHBOARD_IAP_AUDIENCE is missing');
    return { identity, audience };
  }
  if (tokenSha256 === undefined) throw new Error('DASHBOARD_TOKEN_SHA256 is missing');
  return { identity, tokenSha256 };
}

export function readConfig(env: NodeJS.ProcessEnv) {
  return readParts(env, identityConfig, historyConfig, queryConfig, mongodbConfig, logConfig);
}
