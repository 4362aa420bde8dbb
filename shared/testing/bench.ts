/** A benchmark: `x.bench.ts`, beside what it measures, exports it as `bench`. */
export interface Bench {
  /** What it measures, and how, in one line. */
  title: string;
  run(): Promise<BenchResult>;
}

/** What was measured of one contender, by figure; a figure's unit stands last in its name (`p99Ms`). */
export type Figures = Record<string, number>;

/** A figure that says something on any machine, and what is wanted of it. */
export interface Ratio {
  what: string;
  value: number;
  /** At least this. */
  atLeast?: number;
  /** At most this. */
  atMost?: number;
}

export interface BenchResult {
  /** By contender. */
  figures: Record<string, Figures>;
  ratios: Ratio[];
}

/**
 * Measures contenders in turn, A B A B, so that what else a machine does meets all of them, and gives the median of each figure.
 * A round more comes first, to warm up, and does not count.
 */
export async function compare<Name extends string>(
  contenders: Record<Name, () => Promise<Figures>>,
  { rounds, warmUp = true }: { rounds: number; warmUp?: boolean },
): Promise<Record<Name, Figures>> {
  const names = Object.keys(contenders) as Name[];
  const measured = new Map<Name, Figures[]>(names.map((name) => [name, []]));
  for (let round = warmUp ? -1 : 0; round < rounds; round += 1) {
    for (const name of names) {
      const figures = await contenders[name]();
      if (round >= 0) measured.get(name)?.push(figures);
    }
  }
  const medians = names.map((name) => [name, medianFigures(measured.get(name) as Figures[])] as const);
  return Object.fromEntries(medians) as Record<Name, Figures>;
}

function medianFigures(all: Figures[]): Figures {
  const names = Object.keys(all[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, median(all.map((figures) => figures[name] ?? Number.NaN))]));
}

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The value below which this share of all lies: `percentile(latencies, 0.99)`. NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Whether a ratio is what is wanted of it. */
export function isReached({
  value,
  atLeast = Number.NEGATIVE_INFINITY,
  atMost = Number.POSITIVE_INFINITY,
}: Ratio): boolean {
  return value >= atLeast && value <= atMost;
}

/** The result as text: figures as they were on this machine, then the ratios. */
export function renderResult({ figures, ratios }: BenchResult): string {
  const columns = [...new Set(Object.values(figures).flatMap(Object.keys))];
  const rows = Object.entries(figures).map(([name, own]) => [name, ...columns.map((column) => rounded(own[column]))]);
  const wanted = ({ atLeast, atMost }: Ratio) =>
    atLeast !== undefined ? `wanted >= ${atLeast}` : atMost !== undefined ? `wanted <= ${atMost}` : '';
  const told = ratios.map((ratio) => [
    ratio.what,
    rounded(ratio.value),
    wanted(ratio),
    isReached(ratio) ? '' : 'NOT REACHED',
  ]);
  return [...aligned([['', ...columns], ...rows]), '', ...aligned(told)].join('\n');
}

function rounded(value: number | undefined): string {
  if (value === undefined) return '';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function aligned(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(cell).join('  ').trimEnd()}`);
}
