import { IsOptional, Matches } from 'class-validator';
import { RELEASES } from '../../../shared/figures/definitions.ts';
import type { ReleasesDocument } from '../../../shared/figures/documents.ts';
import type { ReleaseAnswer, ReleasesAnswer } from '../api.ts';
import type { Answer, ProjectCall } from '../call.ts';
import { figuresAnswer, figuresOf, made, ofGeneration } from '../figures-of.ts';
import { RequestProblem } from '../problem.ts';

export class ReleasesQuery {
  /** So many, the newest. */
  @IsOptional() @Matches(/^(?:[1-9]|1\d|20)$/, { message: '$property must be 1 to 20' }) last?: string;
}

export async function getReleases(call: ProjectCall, { last = '20' }: ReleasesQuery): Promise<Answer> {
  const { analytics, figures } = await figuresOf(call, { figures: ['releases'] });
  const { releases, medianDaysToHalf } = made(figures, 'releases');
  return figuresAnswer<ReleasesAnswer>({
    ...ofGeneration(analytics),
    releases: releases.slice(0, Number(last)),
    medianDaysToHalf: medianOf(medianDaysToHalf),
  });
}

export async function getRelease(call: ProjectCall): Promise<Answer> {
  const { analytics, figures } = await figuresOf(call, { figures: ['releases'] });
  const { releases, medianDaysToHalf } = made(figures, 'releases');
  const release = releases.find(({ version }) => version === call.params.version);
  if (release === undefined) throw new RequestProblem('not-found');
  const median = medianOf(medianDaysToHalf);
  return figuresAnswer<ReleaseAnswer>({ ...ofGeneration(analytics), ...release, medianDaysToHalf: median });
}

function medianOf({ days, releases }: ReleasesDocument['medianDaysToHalf']): ReleasesAnswer['medianDaysToHalf'] {
  return days ?? (releases >= RELEASES.medianLeast ? 'unreached' : null);
}
