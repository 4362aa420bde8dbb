import type { Db } from 'mongodb';
import { type Figures, openFigures } from '../../shared/stores/figures/figures.ts';
import { type Freshness, openFreshness } from '../../shared/stores/figures/freshness.ts';
import { type AuditReader, type AuditWriter, openAuditReader } from '../../shared/stores/history/audits.ts';
import { openHistoryReader, type QueryOptions } from '../../shared/stores/history/history-reader.ts';
import { openSiteDays, type SiteDays } from '../../shared/stores/history/site-days.ts';
import { openProjectsWriter, type ProjectsWriter } from '../../shared/stores/projects-writer.ts';
import { type Contacts, openContacts } from '../../shared/stores/sites/contacts.ts';
import { type DeactivationLists, openDeactivationLists } from '../../shared/stores/sites/deactivation-lists.ts';
import { openSiteLists, type SiteLists } from '../../shared/stores/sites/site-lists.ts';
import { openSites, type Sites } from '../../shared/stores/sites/sites.ts';
import { keepFor } from './keep-for.ts';

/** What the routes read, and the audit that they write. */
export interface Stores {
  projects: Pick<ProjectsWriter, 'find' | 'list'>;
  figures: Figures;
  freshness: Freshness;
  sites: Pick<Sites, 'find'>;
  siteLists: SiteLists;
  siteDays: SiteDays;
  deactivationLists: DeactivationLists;
  contacts: Contacts;
  audits: AuditWriter & AuditReader;
}

/** What is asked of BigQuery costs each time: an answer serves for so long. */
const KEPT_MS = 5 * 60_000;
const MOST_KEPT = 500;

export function openStores(db: Db, options: QueryOptions, audits: AuditWriter, now: () => Date): Stores {
  const history = openHistoryReader(options);
  const siteDays = openSiteDays(history);
  const freshness = openFreshness(db, history);
  const kept = { forMs: KEPT_MS, most: MOST_KEPT, now };
  const daysOf = keepFor(kept, (key: string) => siteDays.of(...(JSON.parse(key) as [string, string, string])));
  const reconciled = keepFor(kept, (since: string) => freshness.reconciled(new Date(since)));
  return {
    projects: openProjectsWriter(db),
    figures: openFigures(db),
    freshness: { ...freshness, reconciled: (since) => reconciled(`${since.toISOString().slice(0, 13)}:00:00.000Z`) },
    sites: openSites(db),
    siteLists: openSiteLists(db),
    siteDays: { of: (...asked) => daysOf(JSON.stringify(asked)) },
    deactivationLists: openDeactivationLists(db),
    contacts: openContacts(db),
    audits: { append: audits.append, ...openAuditReader(history) },
  };
}
