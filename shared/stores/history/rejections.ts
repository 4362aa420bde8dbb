import type { Rejection } from '../../event/rejection.ts';
import type { Log } from '../../runtime/log.ts';
import { type DatasetOptions, openDataset, tableAppender } from './history.ts';

/** The events that are in no history, and why. */
export interface Rejections {
  append(rejection: Rejection): Promise<void>;
}

/** A line goes to `log` for each: their share of all events is watched. */
export function openRejections(
  options: DatasetOptions,
  { log, now = () => new Date() }: { log: Log; now?: () => Date },
): Rejections {
  const append = tableAppender(openDataset(options), 'rejections');
  return {
    append: async ({ eventId, receivedAt, kind, projectHash, reason, field, message, objectName }) => {
      await append({
        event_id: eventId,
        received_at: receivedAt,
        processed_at: now().toISOString(),
        kind,
        project_hash: projectHash,
        reason,
        field,
        message,
        object_name: objectName,
      });
      log('INFO', 'rejected', { eventId, kind, reason });
    },
  };
}
