import type { AnalyticsDocument, FigureDocuments, FigureName, Series } from '../../shared/figures/documents.ts';
import type { Snapshot, Wanted } from '../../shared/stores/figures/figures.ts';
import type { OfGeneration } from './api.ts';
import type { Answer, ProjectCall } from './call.ts';
import { withKnownZeros } from './known-zeros.ts';
import { RequestProblem } from './problem.ts';

type Of = Pick<ProjectCall, 'project' | 'stores'>;

/** How far the figures go. Throws a RequestProblem when there are none yet. */
export async function overviewOf({ project, stores }: Of): Promise<AnalyticsDocument> {
  const overview = await stores.figures.overview(project.hash);
  if (overview === undefined) throw new RequestProblem('no-figures');
  return overview;
}

/** Figures of one generation, series with their zeros. Throws a RequestProblem when there are none yet. */
export async function figuresOf<Name extends FigureName = never>(
  { project, stores }: Of,
  wanted: Wanted<Name>,
): Promise<Snapshot<Name>> {
  const { series: asked = [], figures = [] } = wanted;
  const active = asked.map((one) => ({ ...one, dimension: 'active' as const }));
  const snapshot = await stores.figures.read(project.hash, { series: [...asked, ...active], figures });
  if (snapshot === undefined) throw new RequestProblem('no-figures');
  const [own, beside] = [snapshot.series.slice(0, asked.length), snapshot.series.slice(asked.length)];
  return { ...snapshot, series: own.map((one, place) => withKnownZeros(one, beside[place] as Series)) };
}

/** A figure that has to be there. */
export function made<Name extends FigureName>(
  figures: { [One in Name]?: FigureDocuments[One] },
  name: Name,
): FigureDocuments[Name] {
  const figure = figures[name];
  if (figure === undefined) throw new RequestProblem('no-figures');
  return figure as FigureDocuments[Name];
}

export function ofGeneration({ generation, rebuiltAt, through }: AnalyticsDocument): OfGeneration {
  return { generation, rebuiltAt: rebuiltAt.toISOString(), through };
}

/** An answer that is of one generation. */
export function figuresAnswer<Body extends { generation: number }>(body: Body): Answer {
  return { kind: 'figures', generation: body.generation, body };
}
