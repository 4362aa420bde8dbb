import { Storage } from '@google-cloud/storage';
import type { ObjectReference } from '../../../shared/event/notification.ts';
import { parseObjectName } from '../../../shared/event/object-name.ts';
import { concurrently } from '../../../shared/runtime/concurrently.ts';
import { openArchive } from '../../../shared/stores/archive/archive.ts';
import { openCountries } from '../../../shared/stores/countries.ts';
import { openLatest } from '../../../shared/stores/mongodb.ts';
import { ownDatabase } from '../../../shared/testing/stores.ts';
import { until } from '../../../shared/testing/until.ts';
import { provisionSeed } from './chaos-system.ts';
import { faultlessOutcome } from './faultless.ts';
import { compareOutcomes, readDocuments, readRows, type Scope } from './outcome.ts';

/** Where the stores of a mesh are. */
export type MeshStores = Record<'GOOGLE_CLOUD_PROJECT' | 'ARCHIVE_BUCKET' | 'BIGQUERY_DATASET' | 'MONGODB_URI', string>;

const READS_AT_ONCE = 16;
/** How long the last events may take to reach MongoDB. */
const SETTLED_MS = 120_000;

/** What of a mesh's stores is not what a faultless run makes of its archive, and which answered events are not in that. */
export async function findMeshViolations(env: MeshStores, scope: Scope, accepted: Set<string>): Promise<string[]> {
  const inOrder = await objectsInOrder(env);
  const latest = openLatest({ mongodbUri: env.MONGODB_URI, maxPoolSize: 10 });
  const faultless = ownDatabase();
  try {
    await provisionSeed(scope, faultless.db);
    const archive = openArchive({ bucket: env.ARCHIVE_BUCKET });
    const expected = await faultlessOutcome(inOrder, { archive, countryOf: openCountries() }, faultless.db, scope);
    const dataset = { projectId: env.GOOGLE_CLOUD_PROJECT, dataset: env.BIGQUERY_DATASET, maxBytesBilled: 2 ** 30 };
    const compare = async () => {
      const outcome = { ...(await readRows(dataset, scope)), documents: await readDocuments(latest.db, scope) };
      return compareOutcomes(expected, outcome);
    };
    // an event's rows can be there before its site is
    await until(async () => (await compare()).length === 0, { deadlineMs: SETTLED_MS }).catch(() => {});
    const stored = new Set(inOrder.map(({ id }) => id));
    const lost = [...accepted].filter((id) => !stored.has(id));
    return [...lost.map((id) => `answered, and not in the archive: ${id}`), ...(await compare())];
  } finally {
    await faultless.db.dropDatabase();
    await Promise.all([faultless.close(), latest.close()]);
  }
}

async function objectsInOrder(env: MeshStores): Promise<ObjectReference[]> {
  const [files] = await new Storage({ projectId: env.GOOGLE_CLOUD_PROJECT }).bucket(env.ARCHIVE_BUCKET).getFiles();
  const archive = openArchive({ bucket: env.ARCHIVE_BUCKET });
  const found: [string, ObjectReference][] = [];
  await concurrently(files, READS_AT_ONCE, async ({ name }) => {
    const parts = parseObjectName(name) as Omit<ObjectReference, 'name'>;
    found.push([`${(await archive.read(name))?.receivedAt}/${parts.id}`, { name, ...parts }]);
  });
  return found.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, object]) => object);
}
