import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Db } from 'mongodb';
import { transient } from '../../shared/runtime/errors.ts';
import { applyIndexes, dropFormerIndexes, readIndexes } from '../../shared/stores/indexes.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { CACHE_MS } from '../../shared/stores/projects.ts';
import { openRenewal, type Renewed } from '../../shared/stores/sites/renewal.ts';
import { readLatestConfig } from './config.ts';
import { type Output, type Shell, type Terminal, table } from './terminal.ts';

interface SetUp {
  indexes: { collection: string; indexes: number }[];
  /** Indexes that nothing reads any more. */
  dropped: string[];
  renewed: Renewed;
}

/** `sitebeat setup`: what Terraform cannot make, and what an upgrade leaves to do in MongoDB. */
export function defineSetup(command: Command, { env, terminal }: Shell): void {
  command.option('--json', 'print JSON').action(async (options: Output) => {
    const { db, close } = openLatest(readLatestConfig(env));
    try {
      await transient('MongoDB', () => applyIndexes(db));
      const renewed = await renewDocuments(db, terminal);
      // the last one that finds documents of earlier versions goes after them
      const dropped = await transient('MongoDB', () => dropFormerIndexes(db));
      terminal.result<SetUp>({ indexes: countIndexes(), dropped, renewed }, setUpText, options);
    } finally {
      await close();
    }
  });
}

async function renewDocuments(db: Db, terminal: Terminal): Promise<Renewed> {
  const renewal = openRenewal(db, { settled: () => delay(CACHE_MS) });
  const total = await renewal.count();
  const progress = terminal.progress('documents');
  let looked = 0;
  try {
    return await renewal.renew(new Date(), (count) => {
      looked += count;
      progress.update(looked, Math.max(total, looked));
    });
  } finally {
    progress.end();
  }
}

function countIndexes(): SetUp['indexes'] {
  return Object.entries(readIndexes()).map(([collection, list]) => ({ collection, indexes: list.length }));
}

function setUpText({ indexes, dropped, renewed }: SetUp): string {
  const rows = indexes.map(({ collection, indexes: count }) => [collection, count]);
  return [
    table(['collection', 'indexes'], rows),
    ...dropped.map((key) => `dropped an index that nothing reads any more: ${key}`),
    `brought up to date: ${renewed.sites} sites, ${renewed.deactivations} deactivations`,
  ].join('\n');
}
