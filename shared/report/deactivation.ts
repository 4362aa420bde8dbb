import type { JsonObject } from '../event/envelope.ts';
import type { Project } from '../project/project.ts';
import { castText } from './cast.ts';

/** What the client offers when a plugin lists no reasons of its own. Source: the client's `Insights::get_uninstall_reasons`. */
export const STOCK_REASONS: readonly string[] = [
  'could-not-understand',
  'found-better-plugin',
  'not-have-that-feature',
  'is-not-working',
  'looking-for-other',
  'did-not-work-as-expected',
  'other',
  'none',
];

/** Why a site went. */
export interface DeactivationReason {
  /** One that the project lists, `unlisted`, or null when the client sent none (a theme's deactivation). */
  reasonId: string | null;
  /** The id as sent. */
  reasonSent: string | null;
  /** Free text. */
  reasonInfo: string | null;
}

/** The longest texts of a reason that are kept, in characters. */
export const MAX_REASON_LENGTHS = { reason_id: 128, reason_info: 4096 } as const;

/** An id that the project does not list counts too, as `unlisted`: else the site would go on counting as active. */
export function deactivationReason(payload: JsonObject, project: Project): DeactivationReason {
  const reasonSent = castText(payload.reason_id, MAX_REASON_LENGTHS.reason_id) ?? null;
  // themes have no dialogue to choose in; clients before 1.1.12 said `none` for them
  const sent = project.type === 'theme' && reasonSent === 'none' ? null : reasonSent;
  const listed = sent === null || STOCK_REASONS.includes(sent) || project.reasons.some(({ id }) => id === sent);
  return {
    reasonId: listed ? sent : 'unlisted',
    reasonSent,
    reasonInfo: castText(payload.reason_info, MAX_REASON_LENGTHS.reason_info) ?? null,
  };
}
