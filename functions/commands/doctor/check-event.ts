import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEvent } from '../../../shared/event/envelope.ts';
import { hourPrefix, objectName } from '../../../shared/event/object-name.ts';
import { type Archive, openArchive } from '../../../shared/stores/archive/archive.ts';
import { type HistoryReader, openHistoryReader } from '../../../shared/stores/history/history-reader.ts';
import { openSiteHistory, type SiteHistory } from '../../../shared/stores/history/site-history.ts';
import { openTopic } from '../../../shared/stores/topics/topics.ts';
import type { Config } from '../config.ts';
import { type Check, reasonOf } from './check.ts';

export interface EventOptions extends Config {
  /** The mesh's topic for finalized objects. */
  notificationTopic: string;
  /** collect's address; without it the event is written to the archive, past collect. */
  endpoint: string | undefined;
  /** How long the event may be under way. */
  arrivalMs: number;
  note: (text: string) => void;
}

interface Stores {
  archive: Archive;
  reader: HistoryReader;
  history: SiteHistory;
}

const KIND = 'tracking-skipped';
/** No project's: the event ends as a rejection, and touches nobody's figures. */
const HASH = 'sitebeat-doctor';
/** Of the block that documentation uses, so nobody's: what the client writes into X-Forwarded-For. */
const FORGED_ADDRESS = '192.0.2.1';
const ASK_EVERY_MS = 1000;
const POST_MS = 15_000;
const HOUR_MS = 3_600_000;
/** How long rows of earlier events are looked for; BigQuery keeps them from being removed for some 90 minutes. */
const EARLIER_MS = 7 * 24 * HOUR_MS;

/** Sends an event of its own all the way, and removes it: collect, archive, notification, push, history. */
export async function checkEvent(options: EventOptions): Promise<Check[]> {
  const stores = {
    archive: openArchive(options),
    reader: openHistoryReader(options),
    history: openSiteHistory(options),
  };
  await removeEarlier(stores);
  const { endpoint, notificationTopic, arrivalMs } = options;
  let name = '';
  const sent = await attempt(endpoint === undefined ? 'the archive' : 'collect', 'takes an event', async () => {
    name = endpoint === undefined ? await store(stores) : await post(endpoint, stores);
  });
  if (name === '') return [sent];
  try {
    const event = (await stores.archive.read(name)) as StoredEvent;
    const arrives = () => arrival(event.id, stores.reader, arrivalMs);
    return [
      sent,
      ...(endpoint === undefined ? [] : [checkSender(event)]),
      await attempt('an object that is there, created again', 'counts as stored', () => stores.archive.create(event)),
      await attempt('the event, pushed to its function', 'is in the history', arrives),
      await attempt(`topic ${notificationTopic}`, 'takes a message', () => publish(options)),
    ];
  } finally {
    await stores.archive.remove(name);
    const { refused } = await stores.history.remove('rejections', [name]);
    if (refused) options.note('the event is gone but for its row in rejections, which the next doctor --live removes');
  }
}

async function attempt(what: string, expected: string, work: () => Promise<void>): Promise<Check> {
  try {
    await work();
    return { what, expected, actual: expected };
  } catch (error) {
    return { what, expected, actual: reasonOf(error) };
  }
}

/** As collect does. Gives the object's name. */
async function store({ archive }: Stores): Promise<string> {
  const event: StoredEvent = {
    id: randomUUID(),
    kind: KIND,
    receivedAt: new Date().toISOString(),
    userAgent: null,
    contentType: null,
    senderAddress: null,
    payload: { hash: HASH },
  };
  await archive.create(event);
  return objectName(event.kind, event.receivedAt, event.id);
}

/** As a plugin does, and with an address that the platform has to push aside. Gives the name of the object that collect made. */
async function post(endpoint: string, { archive }: Stores): Promise<string> {
  const startedAt = Date.now();
  const response = await fetch(new URL(KIND, endpoint.endsWith('/') ? endpoint : `${endpoint}/`), {
    method: 'POST',
    body: new URLSearchParams({ hash: HASH }),
    headers: { 'X-Forwarded-For': FORGED_ADDRESS },
    signal: AbortSignal.timeout(POST_MS),
  });
  if (response.status !== 200) throw new Error(`collect answered ${response.status}`);
  const { id } = (await response.json()) as { id: string };
  // collect's clock chose the hour
  for (const hour of [startedAt, startedAt + HOUR_MS, startedAt - HOUR_MS]) {
    const name = `${hourPrefix(KIND, new Date(hour))}${id}.json`;
    if ((await archive.read(name)) !== undefined) return name;
  }
  throw new Error('collect answered 200, and the object is not in the archive');
}

function checkSender({ senderAddress }: StoredEvent): Check {
  const expected = 'is not what the client wrote';
  const actual = senderAddress === FORGED_ADDRESS ? 'is what the client wrote: FORWARDED_HOPS is too high' : expected;
  return { what: "the sender's address", expected, actual };
}

/** Resolves once the event is rejected, as one of no project must be. */
async function arrival(eventId: string, reader: HistoryReader, withinMs: number): Promise<void> {
  const sql = `SELECT reason FROM \`\${dataset}.rejections_unique\` WHERE received_at >= @since AND event_id = @id`;
  const params = { since: new Date(Date.now() - HOUR_MS), id: eventId };
  for (const deadline = Date.now() + withinMs; ; await sleep(ASK_EVERY_MS)) {
    const [row] = await reader.query(sql, params);
    if (row !== undefined) return;
    if (Date.now() > deadline) throw new Error(`it is not there after ${withinMs / 1000} s`);
  }
}

/** Tells of an object that never was, as of one that was erased: whoever reads it does nothing. */
async function publish({ projectId, bucket, notificationTopic }: EventOptions): Promise<void> {
  const name = objectName(KIND, new Date().toISOString(), randomUUID());
  const topic = openTopic<Record<string, never>>({ projectId, topic: notificationTopic });
  try {
    await topic.publish({}, { bucketId: bucket, objectId: name, eventType: 'OBJECT_FINALIZE' });
  } finally {
    await topic.close();
  }
}

async function removeEarlier({ reader, history }: Stores): Promise<void> {
  const sql = `SELECT object_name FROM \`\${dataset}.rejections\` WHERE received_at >= @since AND project_hash = @hash`;
  const rows = await reader.query(sql, { since: new Date(Date.now() - EARLIER_MS), hash: HASH });
  await history.remove('rejections', [...new Set(rows.map((row) => String(row.object_name)))]);
}
