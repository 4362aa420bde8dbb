import { type DatasetOptions, openDataset, tableAppender } from './history.ts';

/**
 * What a reconciliation found of one hour of the archive, and did about it: objects = history + rejections + waiting + missing.
 */
export interface Reconciliation {
  /** Start of the hour, UTC. */
  hour: Date;
  objects: number;
  history: number;
  rejections: number;
  /** Events that wait for their site to appear, and objects that an erasure still has to remove. */
  waiting: number;
  /** In neither, or not with every row that they must have. */
  missing: number;
  /** Newer than what MongoDB has of their site or opt-out; those that are missing as well are not counted again. */
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
        event_id: `${hour.toISOString()}/${at.toISOString()}`,
        received_at: hour.toISOString(),
        processed_at: at.toISOString(),
        ...counts,
      }),
  };
}
