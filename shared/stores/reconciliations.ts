import { type DatasetOptions, openDataset, tableAppender } from './history.ts';

/** What a reconciliation found of one hour of the archive, and did about it. */
export interface Reconciliation {
  /** Start of the hour, UTC. */
  hour: Date;
  objects: number;
  /** Of the objects, those whose event is in the history; else among the rejections. */
  history: number;
  rejections: number;
  /** Events that wait for their site to appear, and objects that an erasure still has to remove. */
  waiting: number;
  /** In neither. */
  missing: number;
  /** In the history, but newer than what MongoDB has of their site. */
  behind: number;
  /** Sent through the functions again: what was missing or behind. */
  republished: number;
}

export interface Reconciliations {
  append(reconciliation: Reconciliation, at: Date): Promise<void>;
}

export function openReconciliations(options: DatasetOptions): Reconciliations {
  const append = tableAppender(openDataset(options), 'reconciliations');
  return {
    append: ({ hour, ...counts }, at) =>
      append({
        event_id: `reconcile:${hour.toISOString()}:${at.toISOString()}`,
        received_at: hour.toISOString(),
        processed_at: at.toISOString(),
        ...counts,
      }),
  };
}
