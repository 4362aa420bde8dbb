import { CommandError } from '../errors.ts';
import { weekOf } from './calendar.ts';

const pad = (value: number, digits: number) => String(value).padStart(digits, '0');

function offset(minutes: number): string {
  const distance = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(distance / 60), 2)}${pad(distance % 60, 2)}`;
}

const months = 'January February March April May June July August September October November December'.split(' ');

const specifiers: Record<string, (local: Date, offsetMinutes: number) => string> = {
  Y: (local) => pad(local.getUTCFullYear(), 4),
  m: (local) => pad(local.getUTCMonth() + 1, 2),
  d: (local) => pad(local.getUTCDate(), 2),
  H: (local) => pad(local.getUTCHours(), 2),
  M: (local) => pad(local.getUTCMinutes(), 2),
  S: (local) => pad(local.getUTCSeconds(), 2),
  L: (local) => pad(local.getUTCMilliseconds(), 3),
  b: (local) => (months[local.getUTCMonth()] as string).slice(0, 3),
  B: (local) => months[local.getUTCMonth()] as string,
  j: (local) => pad(weekOf(local).dayOfYear, 3),
  w: (local) => String(local.getUTCDay() + 1),
  u: (local) => String(local.getUTCDay() || 7),
  U: (local) => pad(weekOf(local).week, 2),
  V: (local) => pad(weekOf(local).isoWeek, 2),
  G: (local) => pad(weekOf(local).isoYear, 4),
  z: (_, minutes) => offset(minutes),
  Z: (_, minutes) => String(minutes),
  '%': () => '%',
};

/** Formats a local time with `$dateToString`'s specifiers; an unknown one is refused with code 18536. */
export function formatDate(local: Date, format: string, offsetMinutes: number): string {
  return format.replace(/%([\s\S]?)/g, (_, letter: string) => {
    const specifier = specifiers[letter];
    if (specifier) return specifier(local, offsetMinutes);
    throw new CommandError(18536, `Invalid format character '%${letter}' in format string`);
  });
}
