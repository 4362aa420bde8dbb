/** A path that no function has a route for; the dashboard's pages take every one that is not below /api/. */
export const NOWHERE = '/api/nowhere';

/**
 * Leads a request nowhere whose path cannot be decoded: the Functions Framework (5.0.5) would answer it itself, with a stack and
 * the names of its files.
 */
export function leadNowhere(request: { url?: string | undefined }): void {
  try {
    decodeURIComponent((request.url ?? '/').split('?', 1)[0] as string);
  } catch {
    request.url = NOWHERE;
  }
}
