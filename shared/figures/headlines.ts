import type { Definition } from './definitions.ts';
import type { Flow, Series } from './documents.ts';
import { optInRate } from './flows.ts';
import { Z95 } from './normal.ts';
import type { Headline, Overview } from './overview.ts';
import type { Period, Range } from './period.ts';

const CAME: Flow[] = ['new', 'reactivated', 'resumed', 'copiesCountedAgain'];
const WENT: Flow[] = ['left', 'wentSilent', 'copiesSetAside'];

/** The four figures of an overview, beside the same of the days before. */
export function headlinesOf(
  series: { active: Series; flows: Series },
  { from, to, compared }: Period,
): Overview['figures'] {
  const own = { from, to };
  const flow = (names: Flow[], range: Range) => sumOf(series.flows, names, range);
  const flowHeadline = (name: Flow, definition: Definition): Headline => {
    const [value, before] = [flow([name], own), compared && flow([name], compared)];
    return headline(value, before, definition, (change) => Math.abs(change) > Z95 * Math.sqrt(value + (before ?? 0)));
  };
  const activeOn = (day: string) => series.active.days.find((one) => one.day === day)?.total ?? 0;
  const moves = flow([...CAME, ...WENT], own);
  return {
    active: headline(
      activeOn(to),
      compared && activeOn(compared.to),
      'active',
      (change) => Math.abs(change) > Z95 * Math.sqrt(moves),
    ),
    new: flowHeadline('new', 'new'),
    left: flowHeadline('left', 'left'),
    optIn: optInHeadline((range) => optInRate(flow(['new'], range), flow(['firstRefusals'], range)), own, compared),
  };
}

function headline(
  value: number | null,
  before: number | null,
  definition: Definition,
  isClear: (change: number) => boolean,
): Headline {
  const change = value === null || before === null ? null : value - before;
  return { value, before, change, isClear: change !== null && isClear(change), definition };
}

function optInHeadline(
  rateOf: (range: Range) => ReturnType<typeof optInRate>,
  own: Range,
  compared: Range | null,
): Overview['figures']['optIn'] {
  const [of, earlier] = [rateOf(own), compared && rateOf(compared)];
  const isClear = (change: number) => {
    const bases = [of.base, earlier?.base ?? 0] as const;
    const pooled = (of.sites + (earlier?.sites ?? 0)) / (bases[0] + bases[1]);
    return Math.abs(change) > Z95 * Math.sqrt(pooled * (1 - pooled) * (1 / bases[0] + 1 / bases[1]));
  };
  return { ...headline(of.share, earlier?.share ?? null, 'optInRate', isClear), of };
}

function sumOf({ names, days }: Series, wanted: readonly Flow[], { from, to }: Range): number {
  const places = wanted.map((name) => names.indexOf(name));
  let sum = 0;
  for (const { day, counts } of days) {
    if (day < from || day > to) continue;
    for (const [index, count] of counts) if (places.includes(index)) sum += count;
  }
  return sum;
}
