/** What a client can send; also the first folder of an object's name. */
export const KINDS = ['track', 'deactivate', 'tracking-skipped'] as const;
export type Kind = (typeof KINDS)[number];

const NAME =
  /^(?<kind>track|deactivate|tracking-skipped)\/(?<hour>20\d{2}\/\d{2}\/\d{2}\/\d{2})\/(?<id>[0-9A-Za-z_-]{8,64})\.json$/;

/** `<kind>/YYYY/MM/DD/HH/<event id>.json`, the hour that of `receivedAt` (ISO 8601) in UTC. */
export function objectName(kind: Kind, receivedAt: string, id: string): string {
  return `${hourPrefix(kind, new Date(receivedAt))}${id}.json`;
}

/** The common start of the names of all objects of one kind and one hour (UTC). */
export function hourPrefix(kind: Kind, hour: Date): string {
  return `${kind}/${hour.toISOString().slice(0, 13).replace(/[-T]/g, '/')}/`;
}

/** The parts of an object's name, or undefined when it is not one of ours. `hour` is the start of its hour. */
export function parseObjectName(name: string): { kind: Kind; id: string; hour: Date } | undefined {
  const parts = NAME.exec(name)?.groups;
  if (parts === undefined) return undefined;
  const [year, month, day, hour] = (parts.hour as string).split('/');
  const start = new Date(`${year}-${month}-${day}T${hour}:00:00.000Z`);
  return Number.isNaN(start.getTime()) ? undefined : { kind: parts.kind as Kind, id: parts.id as string, hour: start };
}
