import { compareVersions } from '../report/versions.ts';

/** A hole in some versions, as the author tells of it. */
export interface Advisory {
  id: string;
  title: string;
  /** Comparisons that all hold for an affected version: `<3.2.1`, `>=3.0 <3.2.1`. */
  affected: string;
  fixedIn: string;
  /** A UTC date. */
  publishedAt: string;
}

const COMPARISON = /^(<=|>=|<|>|=)([^\s<>=]+)$/;

const HOLDS: Record<string, (order: number) => boolean> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
  '=': (order) => order === 0,
};

/** Whether an advisory's `affected` can be read. */
export function isVersionRange(affected: string): boolean {
  return affected.split(' ').every((part) => COMPARISON.test(part));
}

/** Whether the version is one of those that `affected` names, in the order of PHP's version_compare. */
export function isAffected(version: string, { affected }: Pick<Advisory, 'affected'>): boolean {
  return affected.split(' ').every((part) => {
    const [, operator = '', bound = ''] = COMPARISON.exec(part) ?? [];
    return HOLDS[operator]?.(compareVersions(version, bound)) ?? false;
  });
}
