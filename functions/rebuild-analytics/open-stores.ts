import type { Db } from 'mongodb';
import type { Log } from '../../shared/runtime/log.ts';
import { openFigures } from '../../shared/stores/figures/figures.ts';
import { openFiguresWriter } from '../../shared/stores/figures/figures-writer.ts';
import { openLateDays } from '../../shared/stores/figures/late-days.ts';
import { openLeases } from '../../shared/stores/figures/leases.ts';
import { openDerivedTables } from '../../shared/stores/history/derived-tables.ts';
import { openHistoryReader, type QueryOptions } from '../../shared/stores/history/history-reader.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { openActiveSites } from '../../shared/stores/sites/active-sites.ts';
import { openCopies } from '../../shared/stores/sites/copies.ts';
import { publish } from './publish.ts';
import type { Stores } from './rebuild.ts';

/** Everything that a rebuild works on. */
export function openStores(options: QueryOptions, db: Db, log: Log): Stores {
  const history = openHistoryReader(options);
  const projects = openProjects(db);
  const publishing = {
    history,
    figures: openFiguresWriter(db),
    published: openFigures(db),
    projects,
    sites: openActiveSites(db),
    log,
  };
  return {
    history,
    tables: openDerivedTables(options),
    lateDays: openLateDays(db),
    leases: openLeases(db),
    copies: openCopies(db),
    projects,
    publish: (run) => publish(publishing, run),
    log,
  };
}
