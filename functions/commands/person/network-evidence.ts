/** From where an event was sent: evidence of whether it is real, which the protocol cannot tell. */
export interface NetworkEvidence {
  eventId: string;
  /** ISO 8601. */
  receivedAt: string;
  /** The network (/24, /48) of the sender; null when it was no public one, or an earlier version kept none. */
  network: string | null;
  /** Whether an earlier event of the same sites came from there; null for the first one, and without a network. */
  usedBefore: boolean | null;
}

/** Of the rows of some sites' events, in any order and in several tables, each event once, oldest first. */
export function networkEvidence(rows: readonly Record<string, unknown>[]): NetworkEvidence[] {
  const events = new Map(rows.map((row) => [String(row.event_id), row]));
  const known = new Set<string>();
  return [...events.values()]
    .map(({ event_id, received_at, sender_network }) => ({
      eventId: String(event_id),
      receivedAt: new Date(String(received_at)).toISOString(),
      network: typeof sender_network === 'string' ? sender_network : null,
    }))
    .sort((one, other) => (one.receivedAt + one.eventId < other.receivedAt + other.eventId ? -1 : 1))
    .map((event) => {
      const usedBefore = event.network === null || known.size === 0 ? null : known.has(event.network);
      if (event.network !== null) known.add(event.network);
      return { ...event, usedBefore };
    });
}
