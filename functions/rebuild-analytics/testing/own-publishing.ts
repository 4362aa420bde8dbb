import assert from 'node:assert/strict';
import type { Db } from 'mongodb';
import type { Day } from '../../../shared/figures/days.ts';
import type { Dimension, FigureName } from '../../../shared/figures/documents.ts';
import type { Project } from '../../../shared/project/project.ts';
import { type Figures, openFigures, type Snapshot } from '../../../shared/stores/figures/figures.ts';
import { openFiguresWriter } from '../../../shared/stores/figures/figures-writer.ts';
import { openHistoryReader } from '../../../shared/stores/history/history-reader.ts';
import { openActiveSites } from '../../../shared/stores/sites/active-sites.ts';
import { giveDataset, takeDataset } from '../../../shared/testing/spare-datasets.ts';
import { ownDatabase } from '../../../shared/testing/stores.ts';
import { type PublishRun, type PublishStores, publish } from '../publish.ts';

export const THROUGH = '2026-11-29';
export const TODAY = '2026-11-30';
export const NOW = new Date(`${TODAY}T12:00:00Z`);
export const FIGURES: FigureName[] = ['releases', 'retention', 'rates', 'neighbours', 'support'];

/** A row of project_days, of zeros where nothing is said. */
export const dayOf = (project_hash: string, day: Day, columns: Record<string, unknown> = {}) => ({
  project_hash,
  day,
  ...Object.fromEntries(
    [
      ...['active', 'new_sites', 'reactivated', 'resumed', 'left_sites', 'went_silent', 'copies_counted_again'],
      ...['copies_set_aside', 'deactivations', 'deactivations_unreported', 'first_refusals', 'withdrawn', 'staging'],
      ...['local', 'ephemeral', 'copies', 'unfamiliar_reports', 'unfamiliar_deactivations'],
    ].map((name) => [name, 0]),
  ),
  ...columns,
});

/** What a row of project_days says of a dimension. */
export const spread = (
  dimension: string,
  counts: Record<string, number>,
  rest: { other?: number; unknown?: number } = {},
) => [
  ...Object.entries(counts).map(([value, sites]) => ({ dimension, value, sites })),
  ...Object.entries(rest).map(([name, sites]) => ({ dimension, rest: name, sites })),
];

/** Stores of a test's own, and what makes charts of them; each of its tests has projects of its own. */
export interface OwnPublishing {
  stores: PublishStores;
  figures: Figures;
  db: Db;
  /** What the stores say of projects; to be filled. */
  projects: Pick<Project, 'hash' | 'releases'>[];
  /** What was logged; to be emptied. */
  lines: { severity: string; message: string; project?: unknown }[];
  /** That of the latest run. */
  readonly generation: number;
  insert(table: string, rows: object[]): Promise<unknown>;
  /** Takes away a project's rows of project_days, or that of one day. */
  remove(project: string, day?: Day): Promise<unknown>;
  /** The next run, of the last two days. */
  nextRun(): PublishRun;
  run(changes?: Partial<PublishRun>): Promise<unknown>;
  read(project: string, dimension: Dimension, from?: Day): Promise<Snapshot<FigureName>>;
  close(): Promise<void>;
}

export async function openOwnPublishing(): Promise<OwnPublishing> {
  const [dataset, latest] = [await takeDataset(), ownDatabase()];
  const figures = openFigures(latest.db);
  const [lines, projects]: [OwnPublishing['lines'], OwnPublishing['projects']] = [[], []];
  const stores: PublishStores = {
    history: openHistoryReader({ projectId: dataset.projectId, dataset: String(dataset.id), maxBytesBilled: 2 ** 30 }),
    figures: openFiguresWriter(latest.db),
    published: figures,
    projects: { all: async () => projects },
    sites: openActiveSites(latest.db),
    log: (severity, message, fields) => lines.push({ severity, message, project: fields?.project }),
  };
  let generation = 0;
  const nextRun = (): PublishRun => {
    generation += 1;
    return { days: [THROUGH, TODAY], through: THROUGH, today: TODAY, generation, now: NOW, full: false };
  };
  const written = new Set<string>();
  return {
    stores,
    figures,
    db: latest.db,
    projects,
    lines,
    get generation() {
      return generation;
    },
    insert: (table, rows) => {
      written.add(table);
      return dataset.table(table).insert(rows);
    },
    remove: (project, day) => {
      const days = day === undefined ? "day >= DATE '2020-01-01'" : `day = DATE '${day}'`;
      return dataset.query(`DELETE FROM \`${dataset.id}.project_days\` WHERE ${days} AND project_hash = '${project}'`);
    },
    nextRun,
    run: (changes = {}) => publish(stores, { ...nextRun(), ...changes }),
    read: async (project, dimension, from = '2026-11-01') => {
      const snapshot = await figures.read(project, { series: [{ dimension, from, to: TODAY }], figures: FIGURES });
      assert.ok(snapshot, `nothing of ${project}`);
      return snapshot;
    },
    close: async () => {
      await latest.db.dropDatabase();
      await latest.close();
      await giveDataset(dataset, written);
    },
  };
}
