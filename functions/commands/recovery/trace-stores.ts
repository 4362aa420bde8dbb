import { openArchive } from '../../../shared/stores/archive/archive.ts';
import { openErasures } from '../../../shared/stores/erasures.ts';
import { openEventPlaces } from '../../../shared/stores/history/event-places.ts';
import { openOptOuts } from '../../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../../shared/stores/sites/unclaimed.ts';
import { withLatest } from '../with-latest.ts';
import type { TraceStores } from './trace-event.ts';

/** Opens every store in which an event can be, for as long as `work` takes. */
export async function withTraceStores(
  env: NodeJS.ProcessEnv,
  work: (stores: TraceStores) => Promise<void>,
): Promise<void> {
  await withLatest(env, ({ config, db }) =>
    work({
      archive: openArchive(config),
      places: openEventPlaces(config),
      sites: openSites(db),
      optOuts: openOptOuts(db),
      unclaimed: openUnclaimed(db),
      erasures: openErasures(db),
    }),
  );
}
