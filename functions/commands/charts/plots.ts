import { printable } from '../terminal.ts';

const BAR_WIDTH = 40;

/** A bar for each count, beside its name. */
export function bars(counts: readonly [string, number][]): string[] {
  const most = Math.max(1, ...counts.map(([, count]) => count));
  const width = Math.max(0, ...counts.map(([name]) => name.length));
  return counts.map(([name, count]) => {
    const bar = '█'.repeat(Math.max(1, Math.round((count / most) * BAR_WIDTH)));
    return `  ${printable(name).padEnd(width)}  ${bar} ${count}`;
  });
}

const HEIGHTS = '▁▂▃▄▅▆▇█';
const SPARKLINE_WIDTH = 60;

/** Values as a line of blocks from 0 to the highest; of many the means, and a blank for what is not known. The partial ones stand apart. */
export function sparkline(values: readonly (number | null)[], partialFrom: number): string {
  const highest = Math.max(1, ...values.map((value) => value ?? 0));
  const blockOf = (value: number | null) => {
    if (value === null) return ' ';
    return HEIGHTS[Math.min(HEIGHTS.length - 1, Math.floor((value / highest) * HEIGHTS.length))] as string;
  };
  const lineOf = (some: readonly (number | null)[]) => means(some).map(blockOf).join('');
  const partial = lineOf(values.slice(partialFrom));
  return `${lineOf(values.slice(0, partialFrom))}${partial === '' ? '' : `┄${partial}`}`;
}

function means(values: readonly (number | null)[]): (number | null)[] {
  const size = Math.ceil(values.length / SPARKLINE_WIDTH);
  if (size <= 1) return [...values];
  return Array.from({ length: Math.ceil(values.length / size) }, (_, place) => {
    const known = values.slice(place * size, (place + 1) * size).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}
