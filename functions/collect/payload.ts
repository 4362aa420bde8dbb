import { Matches, ValidateIf, validateSync } from 'class-validator';
import { type JsonObject, userAgentMd5 } from '../../shared/event/envelope.ts';
import { PermanentError } from '../../shared/runtime/errors.ts';

/** All that must be there: something that tells whose data it is. The rest is judged later, when it is safely stored. */
class Attributable {
  @ValidateIf(({ userAgentMd5: md5 }: Attributable) => md5 === null)
  @Matches(/\S/, { message: 'hash must be the project hash, for the User-Agent does not name the site either' })
  hash: unknown;
  userAgentMd5: string | null;

  constructor(hash: unknown, md5: string | null) {
    this.hash = hash;
    this.userAgentMd5 = md5;
  }
}

/** Throws PermanentError `unattributable` for what can be nobody's data. */
export function checkPayload(payload: JsonObject, userAgent: string | null): void {
  const [problem] = validateSync(new Attributable(payload.hash, userAgentMd5(userAgent)));
  if (problem === undefined) return;
  throw new PermanentError('unattributable', problem.property, Object.values(problem.constraints ?? {}).join('; '));
}
