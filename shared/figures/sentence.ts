import { RELEASES } from './definitions.ts';
import type { Attention, SentencePart } from './overview.ts';

/** How an overview is said in English. */
export interface Words {
  /** Of the plugin or theme. */
  name: string;
  /** What a reason is called. */
  reasonLabel(id: string): string;
  number(value: number): string;
  /** Of a share of 1. */
  percent(share: number): string;
}

export function sentenceOf(parts: readonly SentencePart[], words: Words): string {
  return parts.map((part) => sayPart(part, words)).join(' ');
}

function sayPart(part: SentencePart, { name, reasonLabel, number, percent }: Words): string {
  switch (part.kind) {
    case 'active': {
      const { change, days } = part;
      const since = `${number(days)} days ago`;
      const compared =
        change === null
          ? ''
          : change === 0
            ? `, as many as ${since}`
            : `, ${number(Math.abs(change))} ${change > 0 ? 'more' : 'fewer'} than ${since}`;
      return `${sites(part.sites, number)} ${part.sites === 1 ? 'uses' : 'use'} ${name}${compared}.`;
    }
    case 'release': {
      const out = part.days === 0 ? 'just out' : `out for ${number(part.days)} ${part.days === 1 ? 'day' : 'days'}`;
      return `${part.version}, ${out}, ${runsOn(part.days)} ${percent(part.now.share ?? 0)} of the sites that reported lately.`;
    }
    case 'left': {
      const why =
        part.reason === null
          ? ''
          : `; ${part.reason.isMost ? 'most said' : 'the most frequent reason was'} "${reasonLabel(part.reason.id)}"`;
      return `${number(part.sites)} left${why}.`;
    }
  }
}

/** A release is followed for some days: of one that is older the share is that of the last of them. */
export function runsOn(days: number): string {
  const last = RELEASES.followedDays - 1;
  return days > last ? `on day ${last} ran on` : 'runs on';
}

export function attentionText(one: Attention, { number, percent: _ }: Words): string {
  switch (one.kind) {
    case 'unsure':
      return `These figures are unsure: ${sites(one.charts, number)} are active by the history, ${number(one.latest)} by the sites themselves.`;
    case 'advisory':
      return `${sites(one.sites, number)} ${one.sites === 1 ? 'runs' : 'run'} versions ${one.affected}, advisory ${one.id}: ${one.title}`;
    case 'release':
      return `Leaving is up on ${one.version}, against ${one.against}: ${timesAsOften(one)}.`;
    case 'neighbour': {
      const what = one.of === 'field' ? `${one.key} = ${one.value}` : `the ${one.of} ${one.value}`;
      return `Sites with ${what} left ${timesAsOften({ ...one, high: null })}.`;
    }
  }
}

function timesAsOften({ ratio, low, high }: { ratio: number | null; low: number | null; high: number | null }): string {
  if (ratio === null) return 'while none of the others did';
  const bounds =
    low === null ? '' : high === null ? ` (at least ${low.toFixed(1)})` : ` (${low.toFixed(1)}-${high.toFixed(1)})`;
  return `${ratio.toFixed(1)} times as often${bounds}`;
}

function sites(count: number, number: Words['number']): string {
  return `${number(count)} ${count === 1 ? 'site' : 'sites'}`;
}
