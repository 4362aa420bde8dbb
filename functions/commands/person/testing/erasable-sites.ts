import type { StoredEvent } from '../../../../shared/event/envelope.ts';
import type { Kind } from '../../../../shared/event/object-name.ts';
import type { Project } from '../../../../shared/project/project.ts';
import type { ErasureDocument } from '../../../../shared/stores/erasures.ts';
import { openErasureParts, type StoredErasure } from '../../../../shared/stores/erasures-parts.ts';
import { capturedEvent, TEST_PROJECT } from '../../../../shared/testing/events.ts';
import { capturedRun } from '../../../testing/captured-run.ts';
import { type OwnSystem, userAgentOf } from '../../../testing/own-system.ts';

/** Another project, of the same sites. */
export const OTHER_PROJECT: Project = { ...TEST_PROJECT, hash: '0b7a6a0e-1111-4222-8333-444455556666', slug: 'other' };
export const URL_OF_ADA = 'https://ada.example.org';
export const ADA = { admin_email: 'Ada@Example.org', first_name: 'Ada', last_name: 'Lovelace' };
export const BOB = { admin_email: 'bob@example.org', first_name: 'Bob', last_name: 'Bell' };
/** The site of `URL_OF_ADA`, as a person may write it. */
export const OF_ADA = ['--project', 'test', '--site', 'http://WWW.ada.example.org/'];

let events = 0;

/** An event of a site, a second after the one before. */
export function eventOf(
  kind: Kind,
  url: string,
  { userAgent = userAgentOf(url), ...payload }: Record<string, unknown> = {},
): StoredEvent {
  events += 1;
  return capturedEvent(kind, {
    id: `${kind}-of-erase-${events}`,
    receivedAt: new Date(Date.parse('2026-03-09T07:00:00.000Z') + events * 1000).toISOString(),
    userAgent: userAgent as string,
    payload: { ...(kind !== 'tracking-skipped' && { url, ...ADA }), ...payload },
  });
}

/** Everything that a site can leave behind; gives one more event, which nobody has received yet. */
export async function live(system: OwnSystem, url: string, person: typeof ADA): Promise<StoredEvent> {
  await system.process(eventOf('track', url, person));
  await system.processTogether(
    eventOf('tracking-skipped', url),
    eventOf('deactivate', `${url}/?lang=de`, { ...person, userAgent: userAgentOf(`${url}/?lang=de`) }),
    // client 1.2.3: no project, no url
    eventOf('deactivate', url, { hash: undefined, url: undefined, admin_email: undefined, first_name: undefined }),
    // rejected: the url is no url
    eventOf('track', url, { ...person, url: 'http://' }),
    eventOf('track', url.replace('https://', 'http://www.'), person),
  );
  return eventOf('track', `${url}:443//`, person);
}

/** Runs the command, which does not wait for what is under way; `result`: what it prints for a program. */
export async function erase(system: OwnSystem, ...args: string[]) {
  const run = await capturedRun(['erase', '--json', '--settle', '0', ...args], system.env);
  return { ...run, result: run.stdout === '' ? undefined : JSON.parse(run.stdout) };
}

/** With their parts. */
export async function receiptsOf({ db }: OwnSystem): Promise<ErasureDocument[]> {
  const erasures = db.collection<StoredErasure>('erasures');
  const receipts = await erasures.find({ of: { $exists: false } }).toArray();
  return Promise.all(receipts.map(openErasureParts(erasures).read));
}
