import { IsIn, IsOptional, Matches } from 'class-validator';
import type { Day } from '../../../shared/figures/days.ts';
import type { Definition } from '../../../shared/figures/definitions.ts';
import { DIMENSIONS, type Dimension } from '../../../shared/figures/documents.ts';
import type { Project } from '../../../shared/project/project.ts';
import type { SeriesAnswer } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { type Cell, type Column, EXPORT_FORMATS, type ExportFormat, exportFile } from '../export.ts';
import { figuresAnswer, figuresOf, ofGeneration, overviewOf } from '../figures-of.ts';
import { RequestProblem, refusal } from '../problem.ts';
import { IsDay } from '../read-query.ts';
import { STEPS, type Step, seriesBySteps, stepStart } from '../series-steps.ts';

export class SeriesQuery {
  /** Absent: since the first day. */
  @IsOptional() @IsDay() from?: Day;
  /** Absent: today, which is not complete. */
  @IsOptional() @IsDay() to?: Day;
  @IsIn(STEPS) step: Step = 'day';
  @Matches(/^(?:[1-9]|1\d|20)$/, { message: '$property must be 1 to 20' }) top = '10';
  @IsOptional() @IsIn(EXPORT_FORMATS) format?: ExportFormat;
}

export async function getSeries(call: ProjectCall, query: SeriesQuery): Promise<Answer> {
  const dimension = dimensionOf(call.params.dimension as string, call.project);
  const { firstDay, today } = await overviewOf(call);
  const { step, top, format } = query;
  const [from, to] = [later(query.from ?? firstDay, firstDay), earlier(query.to ?? today, today)];
  if (from > to) throw refusal('from', 'is after to');
  const read = { dimension, from: stepStart(from, step), to };
  const { analytics, series } = await figuresOf(call, { series: [read] });
  const body: SeriesAnswer = {
    dimension,
    unit: dimension === 'reason' ? 'deactivations' : 'sites',
    step,
    ...seriesBySteps(series[0] as (typeof series)[0], { from, to, step, top: Number(top), ...analytics }),
    ...ofGeneration(analytics),
    definition: DEFINITIONS[dimension] ?? 'active',
  };
  if (format === undefined) return figuresAnswer(body);
  return exportFile(call, { resource: `series-${dimension}`, format, columns: columnsOf(body), pages: [rowsOf(body)] });
}

const DEFINITIONS: Partial<Record<Dimension, Definition>> = { flows: 'net', reason: 'deactivations' };

/** Throws a RequestProblem for one that no project has. */
function dimensionOf(name: string, { customFields }: Project): Dimension {
  if ((DIMENSIONS as readonly string[]).includes(name)) return name as Dimension;
  const key = /^field:(.+)$/s.exec(name)?.[1];
  if (customFields.some((field) => field.key === key)) return name as Dimension;
  throw new RequestProblem('not-found');
}

function later(one: Day, other: Day): Day {
  return one > other ? one : other;
}

function earlier(one: Day, other: Day): Day {
  return one < other ? one : other;
}

/** How the columns beside the values are called. */
const OWN_COLUMNS = ['day', 'complete', 'total', 'unknown', 'other'] as const;

function columnsOf({ dimension, series }: SeriesAnswer): Column<Cell[]>[] {
  return [...OWN_COLUMNS, ...series.map(({ name }) => `${dimension} ${name}`)].map((name, place) => ({
    name,
    value: (row) => row[place] as Cell,
  }));
}

function rowsOf({ days, partialFrom, total, unknown, other, series }: SeriesAnswer): Cell[][] {
  return days.map((day, index) => [
    day,
    index < partialFrom,
    ...[total, unknown, other, ...series.map(({ values }) => values)].map((values) => values[index] ?? null),
  ]);
}
