/** Whether the tests are to be as long as they can be; `npm run proof:ci` says so. */
export const IS_PROOF = process.env.SITEBEAT_PROOF === 'all';

const inTheOther = (title: string) => `${title} (skipped but in npm run proof:ci)`;

/** A test of `npm run proof:ci` alone: others say the same in `npm test`, for less. */
export function inProof(title: string, work: () => Promise<void>): void {
  if (IS_PROOF) it(title, work);
  else it.skip(inTheOther(title), work);
}

/** The same of several tests and their hooks. */
export function describeInProof(title: string, define: () => void): void {
  if (IS_PROOF) describe(title, define);
  else describe.skip(inTheOther(title), define);
}
