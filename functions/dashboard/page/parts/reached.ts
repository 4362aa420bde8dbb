/** What is read or scrolled by keys has to be reached by keys, whatever element it is. */
export const REACHED = { tabIndex: 0 } as const;
