import type { JsonObject, StoredEvent } from '../../../shared/event/envelope.ts';
import type { Kind } from '../../../shared/event/object-name.ts';
import { urlMd5 } from '../../../shared/report/site-id.ts';
import { capturedEvent } from '../../../shared/testing/events.ts';

/** Something that a site sends: `['01-05 10:00', 'track', 'a']` is a report of https://a.example on that day of 2026. */
export type Line = [at: string, kind: Kind, site: string, payload?: JsonObject];

/** Short histories, to be counted by hand. Each site says something of its own, unless `payload` has it say what another one does. */
export function historyEvents(lines: Line[]): StoredEvent[] {
  return lines.map(([at, kind, site, payload], index) => {
    const url = site.includes('://') ? site : `https://${site}.example`;
    const [day, time = '10:00:00.000'] = at.split(' ');
    const stated = kind === 'tracking-skipped' ? payload : { url, site, ...payload };
    return capturedEvent(kind, {
      id: `event-${String(index).padStart(4, '0')}`,
      receivedAt: `2026-${day}T${time.padEnd(12, time.length === 5 ? ':00.000' : '.000')}Z`,
      userAgent: `Appsero/${urlMd5(url)};`,
      ...(stated && { payload: stated }),
    });
  });
}
