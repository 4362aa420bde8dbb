import type { Db, IndexDescriptionInfo } from 'mongodb';
import { enabledLists, listKey } from '../../../shared/project/project.ts';
import { FORMER_INDEXES, hasIndex, type IndexDefinition, readIndexes } from '../../../shared/stores/indexes.ts';
import { openLatest } from '../../../shared/stores/mongodb.ts';
import { asProject, type ProjectDocument } from '../../../shared/stores/projects.ts';
import { openRenewal } from '../../../shared/stores/sites/renewal.ts';
import { validateProject } from '../projects/project-input.ts';
import { type Check, differs, unlessMissing } from './check.ts';

const NAMESPACE_NOT_FOUND = 26;

export interface LatestOptions extends OpenOptions {
  /** Whether a mail API is configured; without one nobody is behind the topic `subscribers`. */
  withMail: boolean;
}

type OpenOptions = Parameters<typeof openLatest>[0];

/** MongoDB's indexes, against schemas/mongodb, and its projects. */
export async function checkLatest({ withMail, ...options }: LatestOptions): Promise<Check[]> {
  const { db, close } = openLatest(options);
  try {
    // of many requests at once the driver says why of one only
    await db.command({ ping: 1 });
    const indexes = Object.entries(readIndexes()).map(([collection, wanted]) => checkIndexes(db, collection, wanted));
    const checks = (await Promise.all([...indexes, checkFormer(db)])).flat();
    const projects = await checkProjects(db, withMail);
    // what is to be renewed hangs on projects that can be read
    return [...checks, ...projects, ...(projects.some(differs) ? [] : await checkRenewed(db))];
  } finally {
    await close();
  }
}

async function checkIndexes(db: Db, collection: string, wanted: IndexDefinition[]): Promise<Check[]> {
  const found = (await unlessMissing(db.collection(collection).indexes(), NAMESPACE_NOT_FOUND)) ?? [];
  return wanted.map(({ key, ...options }) => {
    const keyText = JSON.stringify(key);
    const same = found.find((index) => JSON.stringify(index.key) === keyText);
    const expected = indexText(options);
    return {
      what: `collection ${collection}, index ${keyText}`,
      expected,
      actual: same === undefined ? 'missing' : indexText(same),
    };
  });
}

async function checkFormer(db: Db): Promise<Check[]> {
  const found: Check[] = [];
  for (const [collection, keys] of Object.entries(FORMER_INDEXES)) {
    for (const key of keys) {
      const actual = (await hasIndex(db, collection, key)) ? 'there: sitebeat setup drops it' : 'gone';
      found.push({ what: `collection ${collection}, former index ${JSON.stringify(key)}`, expected: 'gone', actual });
    }
  }
  return found;
}

async function checkRenewed(db: Db): Promise<Check[]> {
  const count = await openRenewal(db, { settled: async () => {} }).count();
  const actual = count === 0 ? 'up to date' : `${count} are to be looked at: sitebeat setup brings them up to date`;
  return [{ what: 'documents of sites and deactivations', expected: 'up to date', actual }];
}

/** MongoDB's own facts about an index, which no definition states. */
const OWN_FACTS = ['v', 'key', 'name', 'ns', 'background'];

function indexText(options: Partial<IndexDescriptionInfo>): string {
  const stated = Object.entries(options).filter(([name]) => !OWN_FACTS.includes(name));
  const texts = stated.map(([name, value]) => (value === true ? name : `${name} ${JSON.stringify(value)}`));
  return ['there', ...texts.sort()].join(', ');
}

async function checkProjects(db: Db, withMail: boolean): Promise<Check[]> {
  const documents = await db.collection<ProjectDocument>('projects').find().toArray();
  const some = { what: 'projects', expected: 'at least one', actual: documents.length === 0 ? 'none' : 'at least one' };
  return [some, ...documents.flatMap((document) => checkProject(document, withMail))];
}

function checkProject(document: ProjectDocument, withMail: boolean): Check[] {
  const what = `project ${document.slug ?? document._id}`;
  const validity = { what, expected: 'valid', actual: projectText(document) };
  if (withMail || validity.actual !== 'valid') return [validity];
  const lists = enabledLists(asProject(document)).map(listKey);
  // its requests go to a topic without a subscription, and count as made
  const expected = 'none, for there is no mail API';
  return [validity, { what: `${what}, mail lists`, expected, actual: lists.join(', ') || expected }];
}

function projectText(document: ProjectDocument): string {
  const project = asProject(document);
  const { customFields, reasons, mailIntegrations } = project;
  for (const [name, list] of Object.entries({ customFields, reasons, mailIntegrations })) {
    if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'object' || entry === null)) {
      return `${name} must be a list of objects`;
    }
  }
  try {
    validateProject(project);
    return 'valid';
  } catch (error) {
    return (error as Error).message;
  }
}
