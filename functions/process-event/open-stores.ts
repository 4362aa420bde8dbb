import type { Db } from 'mongodb';
import { openCohorts } from '../../shared/runtime/cohorts.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { openArchive } from '../../shared/stores/archive/archive.ts';
import { openLargeObjects } from '../../shared/stores/archive/work-in-turn.ts';
import { openCountries } from '../../shared/stores/countries.ts';
import { openErasures } from '../../shared/stores/erasures.ts';
import { openLateDays } from '../../shared/stores/figures/late-days.ts';
import { openEventKeys } from '../../shared/stores/history/event-keys.ts';
import { openHistory } from '../../shared/stores/history/history.ts';
import type { QueryOptions } from '../../shared/stores/history/history-reader.ts';
import { openRejections } from '../../shared/stores/history/rejections.ts';
import { openProjects } from '../../shared/stores/projects.ts';
import { openDeactivations } from '../../shared/stores/sites/deactivations.ts';
import { openOptOuts } from '../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../shared/stores/sites/unclaimed.ts';

/** Everything that an event is read from and written to; who is asked to put an admin on a list is not here. */
export function openStores(options: QueryOptions & { bucket: string }, db: Db, log: Log) {
  return {
    archive: openArchive(options),
    largeObjects: openLargeObjects(),
    cohorts: openCohorts(),
    countryOf: openCountries(),
    now: () => new Date(),
    projects: openProjects(db),
    sites: openSites(db),
    deactivations: openDeactivations(db),
    optOuts: openOptOuts(db),
    unclaimed: openUnclaimed(db),
    eventKeys: openEventKeys(options),
    erasures: openErasures(db),
    history: openHistory(options),
    lateDays: openLateDays(db),
    rejections: openRejections(options, { log }),
  };
}
