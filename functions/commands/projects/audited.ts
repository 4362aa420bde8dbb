import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Grant } from '../../../shared/project/project.ts';
import { readHistoryConfig } from '../config.ts';

/** Who is let in, and who no longer. */
export interface AccessChange {
  projectHash: string;
  grant?: readonly Grant[] | undefined;
  revoke?: readonly string[] | undefined;
}

/**
 * Does what changes who sees a project: the audit has it before, and how it went after. Throws CommandFailure (bad usage) when
 * the environment names no history to write that to.
 */
export async function audited<T>(
  env: NodeJS.ProcessEnv,
  { projectHash, grant = [], revoke = [] }: AccessChange,
  work: () => Promise<T>,
): Promise<T> {
  if (grant.length === 0 && revoke.length === 0) return work();
  // most changes of a project need no client of BigQuery
  const { openAuditWriter } = await import('../../../shared/stores/history/audits.ts');
  const audits = openAuditWriter(readHistoryConfig(env));
  const audit = {
    requestId: `cmd_${randomBytes(8).toString('hex')}`,
    actor: `${userInfo().username} by command`,
    role: 'operator',
    projectHash,
    action: 'grant' as const,
    resource: 'access',
    filters: new URLSearchParams([
      ...grant.map(({ role, email }): [string, string] => ['grant', `${role}:${email}`]),
      ...revoke.map((email): [string, string] => ['revoke', email]),
    ]).toString(),
  };
  await audits.append(audit, 'begun', new Date());
  let isDone = false;
  try {
    const result = await work();
    isDone = true;
    return result;
  } finally {
    await audits.append(audit, isDone ? 'done' : 'failed', new Date());
  }
}
