import { InvalidArgumentError } from 'commander';

/** What a person is told of times. */
export const TIME_FORMS = 'UTC: 2026-01-31 or 2026-01-31T07:00';

const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?<zone>Z|[+-]\d{2}:\d{2})?)?$/;

/** A time of an option; without a zone it is UTC. Throws InvalidArgumentError. */
export function parseTime(text: string): Date {
  const match = TIME.exec(text);
  const time = new Date(match && text.includes('T') && !match.groups?.zone ? `${text}Z` : text);
  if (match === null || Number.isNaN(time.getTime()) || !isDay(text.slice(0, 10)))
    throw new InvalidArgumentError(`no time (${TIME_FORMS})`);
  return time;
}

/** `Date` takes the 31st of February for the 3rd of March. */
function isDay(text: string): boolean {
  return new Date(text).toISOString().startsWith(text);
}
