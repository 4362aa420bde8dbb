import type { ObjectReference } from '../../shared/event/notification.ts';
import { interpret } from '../../shared/report/interpret.ts';
import type { Archive } from '../../shared/stores/archive.ts';
import { attribute } from '../../shared/stores/attribution.ts';
import type { CountryOf } from '../../shared/stores/countries.ts';
import type { History } from '../../shared/stores/history.ts';
import type { Projects } from '../../shared/stores/projects.ts';
import type { Rejections } from '../../shared/stores/rejections.ts';
import type { Sites } from '../../shared/stores/sites.ts';
import { deactivationRow, siteRow, trackingSkipRow } from './rows.ts';

export interface Stores {
  archive: Pick<Archive, 'read'>;
  countryOf: CountryOf;
  now: () => Date;
  projects: Projects;
  sites: Pick<Sites, 'withMd5'>;
  history: History;
  rejections: Rejections;
}

/** Appends one event to the history, or records why it is in none. */
export async function appendHistory(object: ObjectReference, stores: Stores): Promise<void> {
  const event = await stores.archive.read(object.name);
  if (event === undefined) return;
  const { report, deactivation, optOut, rejection } = interpret(event, await attribute(event, stores));
  // the row in `sites` comes last: where it is, the whole event is
  if (deactivation) await stores.history.append('deactivations', deactivationRow(deactivation));
  if (report) await stores.history.append('sites', siteRow(report));
  if (optOut) await stores.history.append('tracking_skips', trackingSkipRow(optOut));
  if (rejection) await stores.rejections.append(rejection);
}
