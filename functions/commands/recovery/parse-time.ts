import { InvalidArgumentError } from 'commander';

/** A time of an option; without a zone it is UTC. */
export function parseTime(text: string): Date {
  const time = new Date(/T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(text) ? `${text}Z` : text);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('expected a time like 2026-03-09T07:00Z');
  return time;
}
