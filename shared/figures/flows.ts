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
  const came = flows.new + flows.reactivated + flows.resumed + flows.copiesCounted;
  return came - flows.left - flows.silent - flows.copiesSetAside;
}

/** Of the sites that answered for the first time in a period, those that agreed. */
export function optInRate(newSites: number, firstRefusals: number): Share {
  return shareOf(newSites, newSites + firstRefusals);
}
