import type { Db } from 'mongodb';
import type { Log } from '../../shared/runtime/log.ts';
import { openActiveSites } from '../../shared/stores/active-sites.ts';
import { openCopies } from '../../shared/stores/copies.ts';
import { openDerivedTables } from '../../shared/stores/derived-tables.ts';
import { openFigures } from '../../shared/stores/figures.ts';
import { openFiguresWriter } from '../../shared/stores/figures-writer.ts';
import { openHistoryReader, type QueryOptions } from '../../shared/stores/history-reader.ts';
import { openLateDays } from '../../shared/stores/late-days.ts';
import { openLeases } from '../../shared/stores/leases.ts';
import { openProjects } from '../../shared/stores/projects.ts';
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
  };
}
