import { SELF_CHECK } from './definitions.ts';

export interface SelfCheck {
  /** Published all the same, with both figures. */
  unsure: boolean;
  /** Active sites of today as the rebuild made them, and as the sites themselves are counted. */
  rebuilt: number;
  counted: number;
}

export function selfCheck(rebuilt: number, counted: number): SelfCheck {
  const apart = Math.abs(rebuilt - counted);
  return { unsure: apart > SELF_CHECK.share * counted && apart > SELF_CHECK.sites, rebuilt, counted };
}
