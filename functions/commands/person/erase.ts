import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { type ErasureCounts, type ErasureDocument, emailHash, erasureKeys } from '../../../shared/stores/erasures.ts';
import { EVENT_TABLES } from '../../../shared/stores/site-history.ts';
import { readMesh } from '../../mesh.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type Output, type Shell, section, type Terminal, table } from '../terminal.ts';
import { findHeld, type Held, type Range, type Seed, seedOf, totalOf } from './held-data.ts';
import { type PersonStores, withPersonStores } from './person-stores.ts';
import { addCounts, noCounts, removeHeld } from './remove-held.ts';
import { namesOfReceipt, resumeErasures } from './resume-erasures.ts';
import { readTarget, type Target, type TargetOptions, withTarget } from './target.ts';

interface EraseOptions extends TargetOptions, Output {
  dryRun?: true;
  yes?: true;
  resume?: true;
  settle?: number;
}

const HELP = `
It erases what was received until now; what the site reports later is a new start. BigQuery refuses to delete rows that
came within the last 90 minutes or so: then the erasure is pending, the exit code is 1, and --resume finishes it later.
Cloud Storage's soft delete and BigQuery's time travel keep what was deleted some days more, where nothing here reads it.`;

/** `sitebeat erase` */
export function addErase(program: Command, { env, terminal }: Shell): void {
  withTarget(program.command('erase'))
    .description('remove a site, or every site of an address, from every store; leaves a receipt without personal data')
    .option('--dry-run', 'only say what it would remove')
    .option('--yes', 'do not ask')
    .option('--resume', 'finish every erasure that is pending')
    .option('--settle <seconds>', 'how long work under way may go on before all is looked through again', parseSeconds)
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action((options: EraseOptions) =>
      withPersonStores(env, (stores) =>
        options.resume ? resume(options, stores, terminal) : erase(options, stores, terminal),
      ),
    );
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds <= 3600)) throw new InvalidArgumentError('expected 0 to 3600 seconds');
  return seconds;
}

/** The longest that a function which takes, reads or writes events goes on with one. */
function settleSeconds(): number {
  const functions = readMesh().functions.filter(({ trigger }) => trigger.objects ?? trigger.http === 'public');
  return Math.max(...functions.map(({ timeoutSeconds }) => timeoutSeconds));
}

async function erase(options: EraseOptions, stores: PersonStores, terminal: Terminal): Promise<void> {
  const target = await readTarget(options, stores.projects);
  const startedAt = new Date();
  const earlier = await unfinished(target, stores);
  const seed = await seedWith(target, earlier, stores);
  const held = await find(seed, { since: null, until: startedAt }, stores, terminal);
  const plan = { sites: held.sites, removes: held.counts };
  if (totalOf(held.counts) === 0 && earlier === undefined) {
    return terminal.result({ status: 'nothing held', ...plan }, () => 'nothing is held', options);
  }
  if (options.dryRun) {
    return terminal.result({ status: 'dry run', ...plan }, () => planText(held), options);
  }
  terminal.note(planText(held));
  if (!options.yes) await terminal.confirm('Remove all of this for ever?');
  const receipt = receiptOf(target, held, earlier, startedAt);
  await stores.erasures.put(receipt);
  const settleMs = (options.settle ?? settleSeconds()) * 1000;
  const ended = await eraseInPasses({ target, seed, held, receipt, settleMs }, stores, terminal);
  terminal.result(resultOf(ended), receiptText, options);
  failUnlessDone([ended]);
}

async function resume(options: EraseOptions, stores: PersonStores, terminal: Terminal): Promise<void> {
  const receipts = await resumeErasures(stores);
  if (receipts.length === 0) return terminal.result([], () => 'no erasure is pending', options);
  terminal.result(receipts.map(resultOf), (results) => results.map(receiptText).join('\n\n'), options);
  failUnlessDone(receipts);
}

/** Somebody who reports all the time is left to a later run. */
const MAX_PASSES = 5;

interface Erasure {
  target: Target;
  seed: Seed;
  held: Held;
  receipt: ErasureDocument;
  settleMs: number;
}

/**
 * Raw objects go first: without them no delivery, retry, replay or reconciliation brings anything back. What a function had
 * read before, or collect had received and not yet written, can still come after a pass; so all is looked through again
 * when such work must have ended, until a pass finds nothing. Each pass erases what was received until it began.
 */
async function eraseInPasses(
  { target, seed, held: first, receipt: opened, settleMs }: Erasure,
  stores: PersonStores,
  terminal: Terminal,
): Promise<ErasureDocument> {
  let [receipt, held] = [opened, first];
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    const { removed, refused } = await removeHeld(held, receipt.erasedAt, stores);
    if (settleMs > 0) terminal.note(`waiting ${settleMs / 1000} s for work under way`);
    await sleep(settleMs);
    const range = { since: new Date(receipt.erasedAt.getTime() - settleMs), until: new Date() };
    const { sites, urlMd5s, objects } = held;
    held = await find({ ...seed, sites, urlMd5s, objects }, range, stores, terminal);
    const isDone = isGone(held, refused);
    receipt = {
      ...receipt,
      erasedAt: range.until,
      keys: keysOf(target, held, receipt.keys),
      removed: addCounts(receipt.removed, removed),
      pending: { tables: isDone ? refused : [...EVENT_TABLES], objects: held.objects },
    };
    if (isDone && refused.length === 0) receipt = { ...receipt, status: 'done', finishedAt: new Date(), pending: null };
    await stores.erasures.put(receipt);
    if (isDone) break;
  }
  return receipt;
}

/** All but rows of tables that BigQuery refuses to touch. */
function isGone({ counts }: Held, refused: string[]): boolean {
  const bigquery = Object.fromEntries(Object.entries(counts.bigquery).filter(([name]) => !refused.includes(name)));
  return totalOf({ ...counts, bigquery }) === 0;
}

async function find(seed: Seed, range: Range, stores: PersonStores, terminal: Terminal): Promise<Held> {
  const progress = terminal.progress('reading the archive');
  return findHeld(seed, range, stores, progress).finally(() => progress.end());
}

/** The receipt of an erasure of the same target that is not done. */
async function unfinished(target: Target, { erasures }: PersonStores): Promise<ErasureDocument | undefined> {
  const [own] = targetKeys(target);
  const pending = await erasures.pending();
  return pending.find(({ project, keys }) => project === target.project.hash && keys.includes(own as string));
}

async function seedWith(target: Target, earlier: ErasureDocument | undefined, stores: PersonStores): Promise<Seed> {
  const seed = seedOf(target);
  if (earlier === undefined) return seed;
  const { sites, urlMd5s } = await namesOfReceipt(earlier, stores);
  return {
    ...seed,
    sites: [...seed.sites, ...sites],
    urlMd5s: [...seed.urlMd5s, ...urlMd5s],
    objects: earlier.pending?.objects ?? [],
  };
}

function receiptOf(target: Target, held: Held, earlier: ErasureDocument | undefined, erasedAt: Date): ErasureDocument {
  return {
    _id: randomUUID(),
    project: target.project.hash,
    by: target.site === null ? 'email' : 'site',
    requestedAt: erasedAt,
    removed: noCounts(),
    ...earlier,
    keys: keysOf(target, held, earlier?.keys),
    status: 'pending',
    erasedAt,
    finishedAt: null,
    pending: { tables: [...EVENT_TABLES], objects: held.objects },
  };
}

/** What the target was called by. */
function targetKeys({ project: { hash }, site, email }: Target): string[] {
  return erasureKeys({
    projectHash: hash,
    sites: site === null ? [] : [site],
    emailHashes: email === null ? [] : [emailHash(hash, email)],
  });
}

function keysOf(target: Target, { sites, urlMd5s }: Held, earlier: string[] = []): string[] {
  const found = erasureKeys({ projectHash: target.project.hash, sites, urlMd5s });
  return [...new Set([...earlier, ...targetKeys(target), ...found])].sort();
}

function resultOf({ _id, keys: _keys, pending, ...receipt }: ErasureDocument) {
  return { receipt: _id, ...receipt, pending: pending?.tables ?? [] };
}

function failUnlessDone(receipts: ErasureDocument[]): void {
  if (receipts.every(({ status }) => status === 'done')) return;
  throw new CommandFailure(
    EXIT.found,
    "rows are still in BigQuery's streaming buffer, for up to 90 minutes, or new ones keep coming: the erasure is pending; sitebeat erase --resume finishes it",
  );
}

function planText({ sites, counts }: Held): string {
  return [section([['sites', sites]]), countsText(counts)].join('\n');
}

function receiptText({ receipt, status, removed, pending }: ReturnType<typeof resultOf>): string {
  const heading: [string, string | string[]][] = [
    ['receipt', receipt],
    ['status', status],
    ['not finished in', pending],
  ];
  return [section(heading), countsText(removed)].join('\n');
}

function countsText({ archive, mongodb, bigquery }: ErasureCounts): string {
  return table(
    ['place', 'what', 'how many'],
    [
      ['archive', 'objects', archive],
      ...Object.entries(mongodb).map(([name, count]) => ['MongoDB', name, count]),
      ...Object.entries(bigquery).map(([name, count]) => ['BigQuery', name, count]),
    ],
  );
}
