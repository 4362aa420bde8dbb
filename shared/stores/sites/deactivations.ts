import type { Db } from 'mongodb';
import type { Environment } from '../../report/environment.ts';
import { transient } from '../../runtime/errors.ts';
import { openReplacer } from '../mongodb.ts';
import type { SiteDeactivation } from './sites.ts';

/** The latest deactivation of a site. */
export interface DeactivationDocument extends SiteDeactivation {
  /** The site's key. */
  _id: string;
  project: string;
  site: string;
  environment: Environment;
  /** The first report with consent after it; null while the site stays away. */
  reactivatedAt: Date | null;
  /** It says something in words. Absent in what earlier versions wrote. */
  hasText: boolean;
  /** The site's revision that this was read from. */
  revision: number;
}

export function hasText({ reasonInfo }: Pick<SiteDeactivation, 'reasonInfo'>): boolean {
  return reasonInfo !== null && reasonInfo !== '';
}

export interface Deactivations {
  /** Writes it unless what is there is from a later revision of the site. */
  put(document: Omit<DeactivationDocument, 'hasText'>): Promise<void>;
}

export function openDeactivations(db: Db): Deactivations {
  const replace = openReplacer(db.collection<DeactivationDocument>('deactivations'), ({ revision }) => ({
    revision: { $lte: revision },
  }));
  return {
    put: (document) => transient('deactivations', () => replace({ ...document, hasText: hasText(document) })),
  };
}
