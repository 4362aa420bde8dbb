import { IsIn, IsOptional, Matches } from 'class-validator';
import type { RatesDocument, ValueRate } from '../../../shared/figures/documents.ts';
import type { RatesAnswer, RatesByAnswer } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { type Column, EXPORT_FORMATS, type ExportFormat, exportFile } from '../export.ts';
import { figuresAnswer, figuresOf, made, ofGeneration } from '../figures-of.ts';
import { refusal } from '../problem.ts';

export class RatesQuery {
  /** Absent: all of them, in one answer. */
  @IsOptional()
  @Matches(/^(?:version|age|theme|plugin|field:.{1,128})$/s, {
    message: '$property must be version, age, theme, plugin or field:KEY',
  })
  by?: string;
  /** With `by`. */
  @IsOptional() @IsIn(EXPORT_FORMATS) format?: ExportFormat;
}

export async function getRates(call: ProjectCall, { by, format }: RatesQuery): Promise<Answer> {
  const { analytics, figures } = await figuresOf(call, { figures: ['rates', 'neighbours'] });
  const { _id: _r, generation: _rg, ...rates } = made(figures, 'rates');
  const { _id: _n, generation: _ng, ...neighbours } = made(figures, 'neighbours');
  if (by === undefined) {
    const detail = 'is missing: a file is of one of them';
    if (format !== undefined) throw refusal('by', detail);
    return figuresAnswer<RatesAnswer>({ ...ofGeneration(analytics), ...rates, neighbours });
  }
  const chosen = ratesBy(by, rates, call);
  if (format !== undefined) {
    return exportFile(call, { resource: `rates-${by}`, format, columns: RATE_COLUMNS, pages: [chosen] });
  }
  const found = neighbours.found.filter(({ kind }) => by === 'plugin' && kind === 'plugin');
  const { from, to } = rates;
  return figuresAnswer<RatesByAnswer>({ ...ofGeneration(analytics), by, from, to, rates: chosen, neighbours: found });
}

function ratesBy(by: string, rates: Omit<RatesDocument, '_id' | 'generation'>, { project }: ProjectCall): ValueRate[] {
  if (by === 'version') return rates.byVersion;
  if (by === 'age') return rates.byAge;
  if (by === 'theme') return rates.byTheme;
  if (by === 'plugin') return rates.byPlugin;
  const key = by.slice('field:'.length);
  if (!project.customFields.some((field) => field.key === key)) {
    throw refusal('by', 'is no custom field of the project');
  }
  return rates.byField.find((field) => field.key === key)?.rates ?? [];
}

const RATE_COLUMNS: Column<ValueRate>[] = [
  { name: 'value', value: ({ value }) => value },
  { name: 'sites', value: ({ sites }) => sites },
  { name: 'left', value: ({ count }) => count },
  { name: 'rate', value: ({ rate }) => rate },
  { name: 'low', value: ({ low }) => low },
  { name: 'high', value: ({ high }) => high },
];
