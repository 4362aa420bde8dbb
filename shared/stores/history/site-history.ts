import { type Kind, objectName, parseObjectName } from '../../event/object-name.ts';
import { batchesOf } from '../../runtime/batches-of.ts';
import { transient } from '../../runtime/errors.ts';
import { HISTORY_TABLES, type HistoryTable, inDataset, openDataset } from './history.ts';
import { openHistoryReader, type QueryOptions } from './history-reader.ts';
import { readTables } from './tables.ts';

/** Every table in which an event can have rows. */
export const EVENT_TABLES = [...HISTORY_TABLES, 'rejections'] as const;
export type EventTable = (typeof EVENT_TABLES)[number];
/** And by which it is found; last, so that whoever is interrupted finds the rest again. */
export const HELD_TABLES = [...EVENT_TABLES, 'event_keys'] as const;
export type HeldTable = (typeof HELD_TABLES)[number];

/** Whose rows are meant; any of these is enough. */
export interface HistorySubject {
  projectHash: string;
  /** Canonical. */
  sites: string[];
  /** What User-Agents call these sites, and no other. */
  urlMd5s: string[];
  /** An address is in a row's texts if this is; lower-case. null: no row is meant by its texts. */
  emailPart: string | null;
  /** Only what was received before. */
  before: Date;
}

/** An event that the history knows, and which site it was taken for. */
export interface HistoryEvent {
  object: string;
  site: string | null;
  urlMd5: string | null;
  /** As sent. */
  adminEmail: string | null;
  /** Every text that the row holds of what was sent, in one. */
  texts: string | null;
}

/** BigQuery, as one who asks after a site sees it. */
export interface SiteHistory {
  /** The events in `sites`, `deactivations` and `tracking_skips`, each as often as it has rows: for what no index knows. */
  events(subject: HistorySubject): Promise<HistoryEvent[]>;
  /** How many rows these events have in each table. */
  count(objects: string[]): Promise<Record<HeldTable, number>>;
  /** The rows of these events, in the order of their time. */
  rows(table: EventTable, objects: string[]): Promise<Record<string, unknown>[]>;
  /**
   * Removes the rows of these events. `refused`: not all, for some are in BigQuery's streaming buffer, where they can be for
   * 90 minutes.
   */
  remove(table: HeldTable, objects: string[]): Promise<{ rows: number; refused: boolean }>;
}

/** Every text of a row, in one. */
function textsOf(table: HistoryTable): string {
  const fields = readTables()[table]?.schema.fields ?? [];
  const single = fields.filter(({ mode }) => mode !== 'REPEATED');
  const texts = single.filter(({ type }) => type === 'STRING').map(({ name }) => `IFNULL(${name}, '')`);
  const json = single.filter(({ type }) => type === 'JSON').map(({ name }) => `IFNULL(TO_JSON_STRING(${name}), '')`);
  return [...texts, ...json].join(" || ' ' || ");
}
const SITE_TEXTS = textsOf('sites');
const DEACTIVATION_TEXTS = textsOf('deactivations');

const EVENTS = `
SELECT kind, event_id, received_at, site, url_md5, admin_email, ${SITE_TEXTS} AS texts FROM \`\${dataset}.sites\`
WHERE received_at < @before AND project_hash = @project
  AND (site IN UNNEST(@sites) OR STRPOS(LOWER(${SITE_TEXTS}), @part) > 0)
UNION ALL
SELECT 'deactivate', event_id, received_at, site, url_md5, NULL, ${DEACTIVATION_TEXTS} FROM \`\${dataset}.deactivations\`
WHERE received_at < @before AND project_hash = @project
  AND (site IN UNNEST(@sites) OR STRPOS(LOWER(${DEACTIVATION_TEXTS}), @part) > 0)
UNION ALL
SELECT 'tracking-skipped', event_id, received_at, NULL, url_md5, NULL, NULL FROM \`\${dataset}.tracking_skips\`
WHERE received_at < @before AND project_hash = @project AND url_md5 IN UNNEST(@md5s)`;

/** An event's rows lie in the partition of its object's hour. */
const OF_EVENTS = `received_at >= @since AND received_at < @until AND event_id IN UNNEST(@events)`;
/** A request to a mail list is rejected under an id of its own; only the object's name tells whose it was. */
const OF_REJECTED = `received_at >= @since AND received_at < @until
  AND (event_id IN UNNEST(@events) OR object_name IN UNNEST(@objects))`;
const conditionOf = (table: HeldTable) => (table === 'rejections' ? OF_REJECTED : OF_EVENTS);

export function openSiteHistory(options: QueryOptions): SiteHistory {
  const maximumBytesBilled = String(options.maxBytesBilled);
  const { bigQuery, id: dataset } = openDataset(options);
  const { query: select } = openHistoryReader(options);
  return {
    events: ({ projectHash, sites, urlMd5s, emailPart, before }) =>
      transient('the history', async () => {
        const params = { project: projectHash, sites, md5s: urlMd5s, part: emailPart, before };
        const types = { sites: ['STRING'], md5s: ['STRING'], part: 'STRING' };
        return (await select(EVENTS, params, types)).map((row) => ({
          object: objectName(row.kind as Kind, String(row.received_at), String(row.event_id)),
          site: textOrNull(row.site),
          urlMd5: textOrNull(row.url_md5),
          adminEmail: textOrNull(row.admin_email),
          texts: textOrNull(row.texts),
        }));
      }),
    count: (objects) =>
      transient('the history', async () => {
        const counts = Object.fromEntries(HELD_TABLES.map((table) => [table, 0])) as Record<HeldTable, number>;
        for (const batch of batches(objects, true)) {
          const each = HELD_TABLES.map(
            (table) =>
              `SELECT '${table}' AS held_in, COUNT(*) AS rows_held FROM \`\${dataset}.${table}\` WHERE ${conditionOf(table)}`,
          );
          for (const row of await select(each.join(' UNION ALL '), batch.params, batch.types)) {
            counts[row.held_in as HeldTable] += Number(row.rows_held);
          }
        }
        return counts;
      }),
    rows: (table, objects) =>
      transient('the history', async () => {
        const rows: Record<string, unknown>[] = [];
        for (const { params, types } of batches(objects, table === 'rejections')) {
          const sql = `SELECT * FROM \`\${dataset}.${table}\` WHERE ${conditionOf(table)} ORDER BY received_at, event_id`;
          rows.push(...(await select(sql, params, types)));
        }
        return rows;
      }),
    remove: (table, objects) =>
      transient('the history', async () => {
        let rows = 0;
        const query = inDataset(`DELETE FROM \`\${dataset}.${table}\` WHERE ${conditionOf(table)}`, dataset as string);
        for (const { params, types } of batches(objects, table === 'rejections')) {
          try {
            const [job] = await bigQuery.createQueryJob({ query, params, types, maximumBytesBilled });
            await job.getQueryResults();
            const [{ statistics }] = await job.getMetadata();
            rows += Number(statistics.query.numDmlAffectedRows);
          } catch (error) {
            // source: BigQuery's page on DML limits; the error's reason is invalidQuery, as of any other mistake
            if (/streaming buffer/i.test((error as Error).message)) return { rows, refused: true };
            throw error;
          }
        }
        return { rows, refused: false };
      }),
  };
}

/** A request may be 10 MB long; an id and a name are some 120 bytes. */
const MAX_EVENTS_PER_QUERY = 20_000;
const HOUR_MS = 3_600_000;

/** `byName`: with what OF_REJECTED asks for. */
function* batches(objects: string[], byName: boolean) {
  for (const names of batchesOf(objects, MAX_EVENTS_PER_QUERY)) {
    const parsed = names.map(parseObjectName).filter((object) => object !== undefined);
    const hours = parsed.map(({ hour }) => hour.getTime());
    const events = parsed.map(({ id }) => id);
    const [since, until] = [new Date(least(hours)), new Date(-least(hours.map((hour) => -hour)) + HOUR_MS)];
    yield {
      params: { since, until, events, ...(byName && { objects: names }) },
      types: { events: ['STRING'], ...(byName && { objects: ['STRING'] }) } as Record<string, string[]>,
    };
  }
}

function least(numbers: number[]): number {
  return numbers.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
