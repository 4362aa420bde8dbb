import type { AnalyticsDocument, Spread } from '../../shared/stores/analytics.ts';

export type Rows = Record<string, unknown>[];

/** What the queries of sql/ give, by the file's name. */
export interface ChartRows {
  daily: Rows;
  breakdowns: Rows;
  plugins: Rows;
  customFields: Rows;
  unknownFields: Rows;
  reasons: Rows;
  optIn: Rows;
  unfamiliar: Rows;
}

/** One document a project, of rows that come sorted as they are to be shown. */
export function assemble(rows: ChartRows, rebuiltAt: Date): AnalyticsDocument[] {
  const documents = new Map<string, AnalyticsDocument>();
  const documentOf = ({ project_hash: hash }: Record<string, unknown>) => {
    const _id = String(hash);
    const document = documents.get(_id) ?? emptyDocument(_id, rebuiltAt);
    documents.set(_id, document);
    return document;
  };
  for (const row of rows.daily) {
    documentOf(row).daily.push({
      day: String(row.day),
      activeSites: Number(row.active_sites),
      installs: Number(row.installs),
      deactivations: Number(row.deactivations),
    });
  }
  for (const row of rows.breakdowns) addSpread(documentOf(row).breakdowns, row);
  for (const row of rows.customFields) addSpread(documentOf(row).customFields, row);
  for (const row of rows.plugins) documentOf(row).plugins.push(spreadOf(row));
  for (const row of rows.unknownFields) documentOf(row).unknownFields.push(spreadOf(row));
  for (const row of rows.reasons) {
    const reason = row.reason_id === null ? null : String(row.reason_id);
    documentOf(row).reasons.push({ reason, deactivations: Number(row.deactivations) });
  }
  for (const row of rows.optIn) {
    const optedIn = Number(row.opted_in);
    const optedOut = Number(row.opted_out);
    documentOf(row).optIn = { optedIn, optedOut, rate: optedIn / (optedIn + optedOut) };
  }
  for (const row of rows.unfamiliar) {
    documentOf(row).unfamiliar.push({
      day: String(row.day),
      reports: Number(row.reports),
      deactivations: Number(row.deactivations),
    });
  }
  return [...documents.values()];
}

function emptyDocument(_id: string, rebuiltAt: Date): AnalyticsDocument {
  return {
    _id,
    rebuiltAt,
    daily: [],
    breakdowns: {},
    plugins: [],
    // a key may be called like a property of every object
    customFields: Object.create(null),
    unknownFields: [],
    optIn: { optedIn: 0, optedOut: 0, rate: null },
    reasons: [],
    unfamiliar: [],
  };
}

function addSpread(spreads: Record<string, Spread[]>, row: Record<string, unknown>): void {
  const dimension = String(row.dimension);
  spreads[dimension] ??= [];
  spreads[dimension].push(spreadOf(row));
}

function spreadOf(row: Record<string, unknown>): Spread {
  return { value: row.value === null ? null : String(row.value), sites: Number(row.sites) };
}
