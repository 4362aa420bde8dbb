import { type Share, shareOf } from './intervals.ts';

/** Counted sites that came to be active, or ceased to be, on one day. */
export interface Flows {
  new: number;
  reactivated: number;
  resumed: number;
  left: number;
  silent: number;
  /** Active sites that were copies the day before and are none now, and the other way round. */
  copiesCounted: number;
  copiesSetAside: number;
}

/** By how much the flows of a day change the active sites. */
export function net(flows: Flows): number {
  const { left, silent, copiesCounted, copiesSetAside } = flows;
  return arrived(flows) + copiesCounted - left - silent - copiesSetAside;
}

/** Active sites that no flow explains: 0, or something is counted wrongly. */
export function unexplained(activeBefore: number, flows: Flows, active: number): number {
  return active - activeBefore - net(flows);
}

/** Sites that could leave on a day: what a rate is of. */
export function atRisk(activeBefore: number, flows: Flows): number {
  return activeBefore + arrived(flows);
}

function arrived(flows: Flows): number {
  return flows.new + flows.reactivated + flows.resumed;
}

/** Of the sites that answered for the first time in a period, those that agreed. */
export function optInRate(newSites: number, firstRefusals: number): Share {
  return shareOf(newSites, newSites + firstRefusals);
}
