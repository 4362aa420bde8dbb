import type { Rejection } from '../event/rejection.ts';
import { type DatasetOptions, openDataset, tableAppender } from './history.ts';

/** The events that are in no history, and why. */
export interface Rejections {
  append(rejection: Rejection): Promise<void>;
}

export function openRejections(
  options: DatasetOptions,
  { now = () => new Date() }: { now?: () => Date } = {},
): Rejections {
  const append = tableAppender(openDataset(options), 'rejections');
  return {
    append: ({ eventId, receivedAt, kind, projectHash, reason, field, message, objectName }) =>
      append({
        event_id: eventId,
        received_at: receivedAt,
        processed_at: now().toISOString(),
        kind,
        project_hash: projectHash,
        reason,
        field,
        message,
        object_name: objectName,
      }),
  };
}
