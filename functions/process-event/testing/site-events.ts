import type { JsonObject, StoredEvent } from '../../../shared/event/envelope.ts';
import type { MailIntegration } from '../../../shared/project/project.ts';
import { interpret } from '../../../shared/report/interpret.ts';
import type { SiteDocument } from '../../../shared/stores/sites/sites.ts';
import { capturedEvent, TEST_PROJECT } from '../../../shared/testing/events.ts';
import { mergeOptOut, mergeSite, stampOf } from '../merge-site.ts';

/** The custom fields by which lists of its sites can be filtered. */
export const FILTERABLE = ['plan', 'a.b'];
export const LIST: MailIntegration = { provider: 'mailchimp', list: 'list-1', enabled: true };

/** A moment of the ninth of March. */
export function at(second: number): string {
  return `2026-03-09T07:00:${String(second).padStart(2, '0')}.000Z`;
}

export function track(second: number, payload: JsonObject = {}): StoredEvent {
  return capturedEvent('track', { id: `track-${second}`, receivedAt: at(second), payload });
}

export function deactivate(second: number): StoredEvent {
  return capturedEvent('deactivate', { id: `deactivate-${second}`, receivedAt: at(second) });
}

export function skip(second: number): StoredEvent {
  return capturedEvent('tracking-skipped', { id: `skip-${second}`, receivedAt: at(second) });
}

const meanings = new WeakMap<StoredEvent, ReturnType<typeof interpret>>();

/** What an event means, whenever it comes. */
function meaningOf(event: StoredEvent): ReturnType<typeof interpret> {
  const meaning = meanings.get(event) ?? interpret(event, { project: TEST_PROJECT });
  meanings.set(event, meaning);
  return meaning;
}

/** Folds events as update-site does: an opt-out that comes before the site waits for it. */
export function fold(events: StoredEvent[]): SiteDocument | undefined {
  let site: SiteDocument | undefined;
  const optOuts: string[] = [];
  for (const event of events) {
    const { report, deactivation, optOut } = meaningOf(event);
    const stated = report ?? deactivation;
    if (stated) {
      const { eventId, receivedAt, projectHash, site: name, environment, urlMd5 } = stated;
      site = mergeSite(site, {
        eventId,
        receivedAt,
        projectHash,
        site: name,
        environment,
        urlMd5,
        report,
        deactivation,
        mailLists: [LIST],
        filterable: FILTERABLE,
      });
    }
    if (optOut) optOuts.push(stampOf(optOut));
    for (const stamp of site ? optOuts : []) site = mergeOptOut(site as SiteDocument, stamp);
  }
  return site;
}
