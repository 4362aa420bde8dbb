import type { Command } from 'commander';
import { transient } from '../../shared/runtime/errors.ts';
import { applyIndexes, readIndexes } from '../../shared/stores/indexes.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { readLatestConfig } from './config.ts';
import { type Output, type Shell, table } from './terminal.ts';

/** `sitebeat setup`: what Terraform cannot make. */
export function addSetup(program: Command, { env, terminal }: Shell): void {
  program
    .command('setup')
    .description("make MongoDB's indexes (Terraform makes the rest); safe to repeat")
    .option('--json', 'print JSON')
    .action(async (options: Output) => {
      const { db, close } = openLatest(readLatestConfig(env));
      try {
        await transient('MongoDB', () => applyIndexes(db));
      } finally {
        await close();
      }
      const indexes = Object.entries(readIndexes()).map(([collection, list]) => ({ collection, indexes: list.length }));
      const rows = indexes.map(({ collection, indexes: count }) => [collection, count]);
      terminal.result(indexes, () => table(['collection', 'indexes'], rows), options);
    });
}
