import { STALE_AFTER_MS } from '../../../shared/figures/definitions.ts';
import type { Headline, Overview } from '../../../shared/figures/overview.ts';
import { attentionText, sentenceOf, type Words } from '../../../shared/figures/sentence.ts';
import type { Project } from '../../../shared/project/project.ts';
import { table } from '../terminal.ts';
import { bars, sparkline } from './plots.ts';

const VERSIONS_SHOWN = 6;

/** An overview for a person at a terminal. */
export function overviewText(overview: Overview, project: Pick<Project, 'name' | 'reasons'>, now: Date): string {
  const words = wordsFor(project);
  const { attention, sentence } = overview;
  return [
    freshness(overview, now),
    '',
    sentenceOf(sentence, words),
    '',
    headlines(overview),
    '',
    ...chart(overview),
    ...versions(overview),
    '',
    'Needs attention',
    ...(attention.length === 0 ? ['  nothing'] : attention.map((one) => `  ${attentionText(one, words)}`)),
    '',
    notCounted(overview),
  ].join('\n');
}

export function wordsFor({ name, reasons }: Pick<Project, 'name' | 'reasons'>): Words {
  const labels = new Map(reasons.map(({ id, label }) => [id, label]));
  return { name, reasonLabel: (id) => labels.get(id) ?? id.replaceAll('-', ' '), number, percent };
}

const number = (value: number) => value.toLocaleString('en');

/** One decimal below 10 %. */
function percent(share: number): string {
  const value = share * 100;
  return `${Math.abs(value) < 9.95 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value)} %`;
}

const MINUTE_MS = 60_000;

function freshness({ through, firstDay, rebuiltAt }: Overview, now: Date): string {
  const ageMs = now.getTime() - rebuiltAt.getTime();
  const data = firstDay <= through ? `Data through ${through} (UTC)` : 'Data of today so far (UTC)';
  const late = ageMs > STALE_AFTER_MS ? ': late, it is done every hour' : '';
  return `${data}, rebuilt ${number(Math.max(0, Math.round(ageMs / MINUTE_MS)))} min ago${late}`;
}

function headlines({ figures, period, firstDay }: Overview): string {
  const { active, new: came, left, optIn } = figures;
  const changeOf = ({ change }: Headline) => (change === null ? '' : signed(change));
  const points = optIn.change === null ? '' : `${signed(Math.round(optIn.change * 1000) / 10)} points`;
  const share = optIn.value === null ? '-' : percent(optIn.value);
  const days = `${firstDay > period.from ? firstDay : period.from} to ${period.to}`;
  const rows = [
    ['active', number(active.value ?? 0), changeOf(active)],
    ['new', number(came.value ?? 0), changeOf(came)],
    ['left', number(left.value ?? 0), changeOf(left)],
    ['opt-in', `${share} of ${number(optIn.of.base)}`, points],
  ];
  const { compared } = period;
  if (compared === null)
    return table(
      [days, ''],
      rows.map((row) => row.slice(0, 2)),
    );
  return table([days, '', `than ${compared.from} to ${compared.to}`], rows);
}

function signed(change: number): string {
  return `${change > 0 ? '+' : ''}${number(change)}`;
}

function chart({ chart: { active, flows, partialFrom, days }, firstDay }: Overview): string[] {
  const began = Math.max(0, days.indexOf(firstDay));
  const sumOf = (...names: (keyof typeof flows)[]) =>
    days.map((_, index) => {
      const values = names.map((name) => flows[name][index]);
      return values.every((value) => value == null)
        ? null
        : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    });
  const rows = [
    ['active', active],
    ['new', flows.new],
    ['back', sumOf('reactivated', 'resumed')],
    ['left', flows.left],
    ['silent', flows.wentSilent],
  ] as const;
  return rows.map(([title, values]) => {
    const highest = Math.max(0, ...values.map((value) => value ?? 0));
    return `${title.padEnd(8)}${sparkline(values.slice(began), partialFrom - began)}  highest ${number(highest)}`;
  });
}

function versions({ versions: { spread, other, unknown } }: Overview): string[] {
  if (spread.length === 0) return [];
  const rest = other + spread.slice(VERSIONS_SHOWN).reduce((sum, { sites }) => sum + sites, 0);
  const counts = spread.slice(0, VERSIONS_SHOWN).map(({ version, sites }): [string, number] => [version, sites]);
  const others: [string, number][] = [
    ['other', rest],
    ['unknown', unknown],
  ];
  return ['', 'Versions', ...bars([...counts, ...others.filter(([, sites]) => sites > 0)])];
}

function notCounted({ notCounted: { staging, local, ephemeral, copies } }: Overview): string {
  return `Not counted: ${number(staging)} staging, ${number(local)} local, ${number(copies)} copies, ${number(ephemeral)} previews`;
}
