/** Whether the tests are to be as long as they can be; `npm run proof:ci` says so. */
export const IS_PROOF = process.env.SITEBEAT_PROOF === 'all';

/** A test of `npm run proof:ci` alone: others say the same in `npm test`, for less. */
export function inProof(title: string, work: () => Promise<void>): void {
  if (IS_PROOF) it(title, work);
  else it.skip(`${title} (skipped but in npm run proof:ci)`, work);
}
