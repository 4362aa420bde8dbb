import { type Command, Option } from 'commander';
import { composeOverview, OVERVIEW_FIGURES, type Overview, overviewSeries } from '../../../shared/figures/overview.ts';
import { PERIODS, type PeriodName, periodOf } from '../../../shared/figures/period.ts';
import type { Project } from '../../../shared/project/project.ts';
import { type Figures, openFigures } from '../../../shared/stores/figures/figures.ts';
import { openLatest } from '../../../shared/stores/mongodb.ts';
import { openProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { readLatestConfig } from '../config.ts';
import { findProject } from '../projects/find-project.ts';
import type { Output, Shell } from '../terminal.ts';
import { overviewText } from './overview-text.ts';

interface ChartsOptions extends Output {
  range: PeriodName;
}

/** `sitebeat charts` */
export function defineCharts(command: Command, { env, terminal }: Shell): void {
  command

    .argument('<project>', 'by hash or slug')
    .addOption(
      new Option('--range <days>', 'of complete days, beside as many before')
        .choices([...Object.keys(PERIODS), 'all'])
        .default('28d'),
    )
    .option('--json', 'print JSON')
    .action(async (name: string, options: ChartsOptions) => {
      const { db, close } = openLatest(readLatestConfig(env));
      try {
        const project = await findProject(name, openProjectsWriter(db));
        const overview = await readOverview(project, options.range, openFigures(db));
        if (overview === undefined) {
          throw new CommandFailure(EXIT.found, `nothing of ${project.slug} yet: its charts come with the next rebuild`);
        }
        terminal.result(overview, () => overviewText(overview, project, new Date()), options);
      } finally {
        await close();
      }
    });
}

/** undefined: there was no rebuild since the project's first report. */
export async function readOverview(
  { hash, advisories }: Pick<Project, 'hash' | 'advisories'>,
  range: PeriodName,
  figures: Figures,
): Promise<Overview | undefined> {
  const analytics = await figures.overview(hash);
  if (analytics === undefined) return undefined;
  const period = periodOf(range, analytics);
  const wanted = { series: overviewSeries(period, analytics), figures: OVERVIEW_FIGURES };
  const read = await figures.read(hash, wanted);
  return read && composeOverview({ ...read, period, advisories });
}
