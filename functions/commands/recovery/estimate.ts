/**
 * What a million events that go through the functions again cost, in US dollars: list prices of us-central1, read in November
 * 2026; the parts and their assumptions are in terraform/README.md, "Cost", without the write of the archive and collect.
 */
const USD_PER_MILLION_EVENTS = {
  requests: 0.4,
  vcpu: 1.6,
  memory: 0.25,
  archiveReads: 0.4,
  pubsub: 0.15,
  bigquery: 0.18,
};

/** Events that the functions work on again. */
export function costOfReplay(events: number): number {
  const perMillion = Object.values(USD_PER_MILLION_EVENTS).reduce((sum, price) => sum + price, 0);
  return inCents((events / 1_000_000) * perMillion);
}

/** Objects that are only read. */
export function costOfReading(objects: number): number {
  return inCents((objects / 1_000_000) * USD_PER_MILLION_EVENTS.archiveReads);
}

function inCents(usd: number): number {
  return Math.ceil(usd * 100) / 100;
}
