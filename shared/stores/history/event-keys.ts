import type { StoredEvent } from '../../event/envelope.ts';
import { type Kind, objectName } from '../../event/object-name.ts';
import { batchesOf } from '../../runtime/batches-of.ts';
import { openDataset, rowsAppender } from './history.ts';
import { openHistoryReader, type QueryOptions } from './history-reader.ts';

/** An event that is found by a key. */
export interface KeyedObject {
  object: string;
  key: string;
  /** ISO 8601. */
  receivedAt: string;
}

/** The index of the archive: which objects are about whom, by digests (see keyOf). */
export interface EventKeys {
  /** Resolves once BigQuery has the keys of the event. Safe to repeat. */
  append(event: Pick<StoredEvent, 'id' | 'kind' | 'receivedAt'>, keys: string[], processedAt: Date): Promise<void>;
  /** Every object with one of these keys that was received until then, each as often as it has keys. */
  find(keys: string[], until: Date): Promise<KeyedObject[]>;
  /** From when on everything is indexed, and earlier versions worked on nothing; `until` when that is nowhere so. */
  completeSince(until: Date): Promise<Date>;
  /** The hours before then (their beginnings, oldest first) in which there may be objects that are not indexed. */
  unindexedHours(before: Date): Promise<Date[]>;
}

/** An array of digests in a request, which may be 10 MB long. */
const MAX_KEYS_PER_QUERY = 20_000;
/** What the earlier version had begun ended within minutes of the first event of the later one. */
const CHANGE_OF_VERSION_MS = 3_600_000;

const FIND = `
SELECT DISTINCT key, kind, event_id, received_at FROM \`\${dataset}.event_keys\`
WHERE received_at >= TIMESTAMP('1970-01-01') AND received_at <= @until AND key IN UNNEST(@keys)`;

const INDEXED_SINCE = `
SELECT MIN(processed_at) AS since FROM \`\${dataset}.event_keys\` WHERE received_at >= TIMESTAMP('1970-01-01')`;

/** Of objects that cannot be read nobody knows whom they are about. */
const UNINDEXED = `
SELECT DISTINCT TIMESTAMP_TRUNC(received_at, HOUR) AS hour FROM (
  SELECT event_id, received_at FROM \`\${dataset}.sites\` WHERE received_at < @before
  UNION ALL SELECT event_id, received_at FROM \`\${dataset}.deactivations\` WHERE received_at < @before
  UNION ALL SELECT event_id, received_at FROM \`\${dataset}.tracking_skips\` WHERE received_at < @before
  UNION ALL SELECT event_id, received_at FROM \`\${dataset}.rejections\`
  WHERE received_at < @before AND kind != 'subscriber' AND reason != 'invalid_object'
)
WHERE event_id NOT IN (SELECT event_id FROM \`\${dataset}.event_keys\` WHERE received_at < @before)
ORDER BY hour`;

export function openEventKeys(options: QueryOptions): EventKeys {
  const append = rowsAppender(openDataset(options), 'event_keys', ({ event_id: id, key }) => `${id}/${key}`);
  const { query } = openHistoryReader(options);
  return {
    append: async ({ id, kind, receivedAt }, keys, processedAt) => {
      if (keys.length === 0) return;
      const event = { event_id: id, received_at: receivedAt, kind, processed_at: processedAt.toISOString() };
      await append(keys.map((key) => ({ ...event, key })));
    },
    find: async (keys, until) => {
      const found: KeyedObject[] = [];
      for (const some of batchesOf(keys, MAX_KEYS_PER_QUERY)) {
        const rows = await query(FIND, { until, keys: some });
        for (const { key, kind, event_id: id, received_at: at } of rows) {
          const receivedAt = new Date(String(at)).toISOString();
          found.push({ key: String(key), object: objectName(kind as Kind, receivedAt, String(id)), receivedAt });
        }
      }
      return found;
    },
    completeSince: async (until) => {
      const [first] = await query(INDEXED_SINCE, {});
      const begun = first?.since ? Date.parse(String(first.since)) + CHANGE_OF_VERSION_MS : Number.POSITIVE_INFINITY;
      return new Date(Math.min(begun, until.getTime()));
    },
    unindexedHours: async (before) => (await query(UNINDEXED, { before })).map(({ hour }) => new Date(String(hour))),
  };
}
