import { ACTIVE_DAYS } from '../../figures/definitions.ts';

/** Active and silent sites reported with consent after their last deactivation: within ACTIVE_DAYS, or longer ago. */
export const SITE_STATES = ['active', 'silent', 'left'] as const;
export type SiteState = (typeof SITE_STATES)[number];

/** The stamps of a site's newest report with consent, and of its newest deactivation. */
interface Newest {
  track: string | null;
  deactivation: string | null;
}

const DAY_MS = 86_400_000;

/** Its newest event is a deactivation. */
export function hasLeft({ track, deactivation }: Newest): boolean {
  return (deactivation ?? '') > (track ?? '');
}

/** What a site's newest events make of it at a moment; a day is a UTC date, as in the charts. */
export function siteState(newest: Newest, now: Date): SiteState {
  if (hasLeft(newest)) return 'left';
  return (newest.track ?? '') < activeSince(now).toISOString() ? 'silent' : 'active';
}

/** Whose last report is from before then is not active. */
export function activeSince(now: Date): Date {
  return new Date((Math.floor(now.getTime() / DAY_MS) - (ACTIVE_DAYS - 1)) * DAY_MS);
}

/** A site in a state; what earlier versions wrote had a `status` instead. */
export function withState<T extends { state: SiteState }>(site: T, state: SiteState): T {
  const { status: _, ...rest } = site as T & { status?: unknown };
  return { ...(rest as unknown as T), state };
}
