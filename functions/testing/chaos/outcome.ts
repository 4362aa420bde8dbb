import type { Db } from 'mongodb';
import { enabledLists, type Project } from '../../../shared/project/project.ts';
import { type ErasureDocument, openErasures } from '../../../shared/stores/erasures.ts';
import { openHistoryReader, type QueryOptions } from '../../../shared/stores/history/history-reader.ts';
import { addressOf } from '../../../shared/stores/sites/site-mail.ts';
import type { SiteDocument } from '../../../shared/stores/sites/sites.ts';

/** Whose part of the stores is looked at. */
export interface Scope {
  projects: readonly Project[];
  /** What was received from then on, and before then. */
  from: Date;
  until: Date;
  receipts: readonly ErasureDocument[];
}

/** What is in the stores, as readers see it, by where it is; what may differ from run to run is left out. */
export interface Outcome {
  /** `<table> <event id> …`, as often as there is such a row. */
  rows: string[];
  /** Of the events that are in the index of the archive. */
  indexed: string[];
  /** By collection and key. */
  documents: Record<string, string>;
}

const INDEX = 'event_keys';

/** What of a row tells whose it is and what it says. */
export function rowText(table: string, row: Record<string, unknown>): string {
  const { event_id: id, project_hash: hash, site, reason, reason_id: reasonId, name, admin_email: email } = row;
  return [table, id, hash, site, reason, reasonId, name, email].map((part) => part ?? '-').join(' ');
}

export type Rows = Pick<Outcome, 'rows' | 'indexed'>;

/** The rows, as analysts read them. */
export async function readRows(options: QueryOptions, scope: Scope): Promise<Rows> {
  const [rows] = await readRowsOf(options, [scope]);
  return rows as Rows;
}

/** The same of each scope, by one query. */
export async function readRowsOf(options: QueryOptions, scopes: readonly Scope[]): Promise<Rows[]> {
  const { query } = openHistoryReader(options);
  const columns = {
    sites: 'project_hash, site, NULL AS reason, NULL AS reason_id, name, admin_email',
    deactivations: 'project_hash, site, NULL AS reason, reason_id, NULL AS name, NULL AS admin_email',
    tracking_skips: 'project_hash, NULL AS site, NULL AS reason, NULL AS reason_id, NULL AS name, NULL AS admin_email',
    rejections: 'project_hash, NULL AS site, reason, NULL AS reason_id, NULL AS name, NULL AS admin_email',
  };
  const within = 'received_at >= @from AND received_at < @until';
  const selects = Object.entries(columns).map(
    ([table, wanted]) =>
      `SELECT '${table}' AS place, received_at, event_id, ${wanted} FROM \`\${dataset}.${table}_unique\` WHERE ${within}`,
  );
  const nothing = ['project_hash', 'site', 'reason', 'reason_id', 'name', 'admin_email'].map(
    (name) => `NULL AS ${name}`,
  );
  const keys = `SELECT DISTINCT '${INDEX}', received_at, event_id, ${nothing.join(', ')} FROM \`\${dataset}.event_keys\` WHERE ${within}`;
  const found = await query([...selects, keys].join('\nUNION ALL\n'), {
    from: new Date(Math.min(...scopes.map(({ from }) => from.getTime()))),
    until: new Date(Math.max(...scopes.map(({ until }) => until.getTime()))),
  });
  return scopes.map(({ from, until }) => {
    const own = found.filter(({ received_at: at }) => {
      const receivedAt = new Date(String(at));
      return receivedAt >= from && receivedAt < until;
    });
    const rows = own.filter(({ place }) => place !== INDEX);
    return {
      rows: rows.map(({ place, ...row }) => rowText(String(place), row)).sort(),
      indexed: own.flatMap(({ place, event_id: id }) => (place === INDEX ? [String(id)] : [])).sort(),
    };
  });
}

/** The documents of the projects, and whatever waits for its site. */
export async function readDocuments(db: Db, { projects, receipts }: Scope): Promise<Outcome['documents']> {
  const ofProjects = { project: { $in: projects.map(({ hash }) => hash) } };
  const documents: Outcome['documents'] = {};
  for (const name of ['sites', 'deactivations', 'optOuts']) {
    for (const document of await db.collection(name).find(ofProjects).toArray()) {
      // how often it was written, and what was announced meanwhile, is no part of what it says
      const { revision: _r, pendingMail: _p, askedMail: _a, mailDueAt: _d, ...said } = document;
      documents[`${name}/${document._id}`] = JSON.stringify(said, sortedKeys);
    }
  }
  for (const { _id, urlMd5 } of await db.collection('unclaimed').find().toArray())
    documents[`unclaimed/${_id}`] = urlMd5;
  for (const { _id } of receipts) {
    const receipt = (await openErasures(db).pending()).find((one) => one._id === _id);
    documents[`erasures/${_id}`] = JSON.stringify(receipt?.late ?? []);
  }
  return documents;
}

/** For JSON.stringify: in which order fields were first written is chance. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The sites whose admin may be written to, was never announced, and is not waiting to be: a second address waits for a week. */
export async function findUnannounced(db: Db, { projects }: Scope, announced: Set<string>): Promise<string[]> {
  const listed = projects.filter((project) => enabledLists(project).length > 0).map(({ hash }) => hash);
  const open = { project: { $in: listed }, optedOut: false, environment: 'production' } as const;
  const sites = await db.collection<SiteDocument>('sites').find(open).toArray();
  return sites
    .filter(
      (site) =>
        site.adminEmail !== undefined &&
        site.mailDueAt === undefined &&
        !announced.has(`${site.site} ${addressOf(site)}`),
    )
    .map(({ _id }) => _id);
}

/** What is not as expected, a line each. */
export function compareOutcomes(expected: Outcome, actual: Outcome): string[] {
  return [
    ...differences('row', expected.rows, actual.rows),
    ...differences('indexed', expected.indexed, actual.indexed),
    ...differences('document', entriesOf(expected), entriesOf(actual)),
  ];
}

function entriesOf({ documents }: Outcome): string[] {
  return Object.entries(documents).map((entry) => entry.join(' '));
}

/** What is in one list and not in the other, each as often as it is there. */
function differences(what: string, expected: readonly string[], actual: readonly string[]): string[] {
  const rest = new Map<string, number>();
  for (const one of actual) rest.set(one, (rest.get(one) ?? 0) + 1);
  const missing = expected.filter((one) => {
    const left = rest.get(one) ?? 0;
    rest.set(one, left - 1);
    return left <= 0;
  });
  const tooMany = [...rest].flatMap(([one, left]) => Array<string>(Math.max(left, 0)).fill(one));
  return [...missing.map((one) => `${what} missing: ${one}`), ...tooMany.map((one) => `${what} too many: ${one}`)];
}
