import type { Overview } from '../../../shared/figures/overview.ts';

/** An overview, as it comes through JSON. */
export type OverviewAnswer = Omit<Overview, 'rebuiltAt'> & { rebuiltAt: string };
