import type { Db } from 'mongodb';
import { type Archive, openArchive } from '../../../shared/stores/archive/archive.ts';
import { openErasures } from '../../../shared/stores/erasures.ts';
import { openLateDays } from '../../../shared/stores/figures/late-days.ts';
import type { QueryOptions } from '../../../shared/stores/history/history-reader.ts';
import { applyIndexes } from '../../../shared/stores/indexes.ts';
import { openProjects, type ProjectDocument } from '../../../shared/stores/projects.ts';
import { openDeactivations } from '../../../shared/stores/sites/deactivations.ts';
import { openOptOuts } from '../../../shared/stores/sites/opt-outs.ts';
import { openSites } from '../../../shared/stores/sites/sites.ts';
import { openUnclaimed } from '../../../shared/stores/sites/unclaimed.ts';
import { openMailClaims } from '../../../shared/stores/topics/mail-claims.ts';
import { openMailQuotas } from '../../../shared/stores/topics/mail-quotas.ts';
import { ownDatabase } from '../../../shared/testing/stores.ts';
import type { Stores } from '../../process-event/process-event.ts';
import { type OwnSystem, openOwnSystem } from '../own-system.ts';
import type { Scope } from './outcome.ts';

/** Where seeds happen, and a database in which the same happens without a fault. */
export interface ChaosSystem {
  own: OwnSystem;
  archive: Archive;
  dataset: QueryOptions;
  faultless: Db;
  close(): Promise<void>;
}

export async function openChaosSystem(): Promise<ChaosSystem> {
  const own = await openOwnSystem([]);
  const faultless = ownDatabase();
  for (const db of [own.db, faultless.db]) await applyIndexes(db);
  return {
    own,
    archive: openArchive({ bucket: own.env.ARCHIVE_BUCKET as string }),
    dataset: {
      projectId: process.env.GOOGLE_CLOUD_PROJECT ?? '',
      dataset: own.env.BIGQUERY_DATASET as string,
      maxBytesBilled: 2 ** 30,
    },
    faultless: faultless.db,
    close: async () => {
      await faultless.db.dropDatabase();
      await faultless.close();
      await own.close();
    },
  };
}

/** process-event's stores that are in MongoDB, as an instance of it opens them. */
export function mongodbStores(db: Db) {
  return {
    // an instance keeps projects for seconds, by its own clock: here for as long as it works on one event
    projects: openProjects(db, { now: () => 0 }),
    sites: openSites(db),
    deactivations: openDeactivations(db),
    optOuts: openOptOuts(db),
    unclaimed: openUnclaimed(db),
    erasures: openErasures(db),
    mailClaims: openMailClaims(db),
    mailQuotas: openMailQuotas(db),
    lateDays: openLateDays(db),
  } satisfies Partial<Stores>;
}

/** What is there before anything arrives. */
export async function provisionSeed({ projects, receipts }: Scope, db: Db): Promise<void> {
  const documents = projects.map(({ hash, ...rest }) => ({ _id: hash, ...rest }));
  await db.collection<ProjectDocument>('projects').insertMany(documents);
  for (const receipt of receipts) await openErasures(db).put(receipt);
}
