import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ErasureCounts, type ErasureDocument, erasureKeys } from '../../../shared/stores/erasures.ts';
import { HELD_TABLES } from '../../../shared/stores/history/site-history.ts';
import { readMesh } from '../../mesh.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type Output, type Shell, section, type Terminal, table } from '../terminal.ts';
import { openSearch, type Search } from './find-held.ts';
import { type Held, type Seed, seedOf, totalOf } from './held-data.ts';
import { type PersonStores, withPersonStores } from './person-stores.ts';
import { addCounts, noCounts, removeHeld } from './remove-held.ts';
import { namesOfReceipt, objectsOfReceipt, resumeErasures } from './resume-erasures.ts';
import type { SiteShare } from './site-share.ts';
import { readTarget, type Target, type TargetOptions, withTarget } from './target.ts';
import { withoutNames } from './without-names.ts';

interface EraseOptions extends TargetOptions, Output {
  dryRun?: true;
  yes?: true;
  resume?: true;
  settle?: number;
}

const HELP = `
--site erases what the site sent, in every spelling of its url, and takes it out of the documents of its copies. What other
sites say of it stays: a theme's author and home page are in the reports of every site that uses the theme.
--email erases a site as a whole when each event that gives its url names the address as the admin's; of other sites it erases
the events that hold the address, in whatever field. Anybody can report in a site's name: so one report does not hand a site's
past to whoever has the address in it. What is latest of a site whose admin it was is made anew from its other events, or, where
objects of these have expired, loses what says the address. What would happen to which site is said first; --site erases one as a
whole.

It erases what was received until now; what the site reports later is a new start. What was counted of past days stays, and so
does the audit, which has who looked at the names and address of which site. An event from before that is still on its way is
not written when it arrives: then the erasure is pending again, and --resume removes the event's object. BigQuery refuses to
delete rows that came within the last 90 minutes or so: then the erasure is pending too, the exit code is 1.

Events are found by an index, which has what was processed since it came into use. What earlier versions processed is read
as a whole, hour by hour, which takes as long as it takes.

What keeps data some days more, where nothing here reads it: Cloud Storage's soft delete (7 days), BigQuery's time travel (7
days) and what BigQuery keeps behind it for emergencies (7 days more), messages in Pub/Sub and their dead letters, which name
objects and sites (7 days), MongoDB's backups (as long as yours are kept). What a mail list has been given is at its
provider: take the address off there.`;

/** `sitebeat erase` */
export function defineErase(command: Command, { env, terminal }: Shell): void {
  withTarget(command)
    .option('--dry-run', 'only say what it would remove')
    .option('--yes', 'do not ask')
    .addOption(
      new Option('--resume', 'finish every erasure that is pending').conflicts(['dryRun', 'project', 'site', 'email']),
    )
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
  const search = openSearch(seed, stores, terminal);
  const held = await search.find(startedAt);
  const plan = { sites: held.sites, ...(target.email !== null && { shares: held.shares }), removes: held.counts };
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
  const ended = await eraseInPasses({ target, search, held, receipt, settleMs }, stores, terminal);
  terminal.result(resultOf(ended), receiptText, options);
  failUnlessDone([ended]);
}

async function resume(options: EraseOptions, stores: PersonStores, terminal: Terminal): Promise<void> {
  const receipts = await resumeErasures(stores, terminal);
  if (receipts.length === 0) return terminal.result([], () => 'no erasure is pending', options);
  terminal.result(receipts.map(resultOf), (results) => results.map(receiptText).join('\n\n'), options);
  failUnlessDone(receipts);
}

/** Somebody who reports all the time is left to a later run. */
const MAX_PASSES = 5;

interface Erasure {
  target: Target;
  search: Search;
  held: Held;
  receipt: ErasureDocument;
  settleMs: number;
}

/**
 * The receipt stands first: from then on process-event writes nothing of what it tells of. What a function had looked up before
 * can still come after a pass; so all is searched for again when such work must have ended, until a pass finds nothing.
 * Each pass erases what was received until it began.
 */
async function eraseInPasses(
  { target, search, held: first, receipt: opened, settleMs }: Erasure,
  stores: PersonStores,
  terminal: Terminal,
): Promise<ErasureDocument> {
  const { hash: projectHash } = target.project;
  let [receipt, held] = [opened, first];
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    const clean = withoutNames(projectHash, new Set(receipt.keys));
    const partly = partlyOf(held);
    const removable = { projectHash, ...held, clean, keys: receipt.keys, partly, othersNow: search.othersOf };
    const { removed, refused } = await removeHeld(removable, receipt.erasedAt, stores);
    const gone = held.objects;
    search.noteRemoved(gone);
    if (settleMs > 0) terminal.note(`waiting ${settleMs / 1000} s for work under way`);
    await sleep(settleMs);
    const erasedAt = new Date();
    held = await search.find(erasedAt);
    const isDone = isGone(held, refused);
    receipt = {
      ...receipt,
      erasedAt,
      keys: keysOf(target, held, receipt.keys),
      removed: addCounts(receipt.removed, removed),
      pending: { tables: isDone ? refused : [...HELD_TABLES], objects: held.objects },
    };
    if (isDone && refused.length === 0) receipt = { ...receipt, status: 'done', finishedAt: new Date(), pending: null };
    await stores.erasures.put(receipt, gone);
    if (isDone) break;
  }
  return receipt;
}

/** The sites of which only the events go that hold the address. */
function partlyOf({ shares }: Held): string[] {
  return shares.filter(({ removes }) => removes === 'events').map(({ site }) => site);
}

/** All but rows of tables that BigQuery refuses to touch. */
function isGone({ counts }: Held, refused: string[]): boolean {
  const bigquery = Object.fromEntries(Object.entries(counts.bigquery).filter(([name]) => !refused.includes(name)));
  return totalOf({ ...counts, bigquery }) === 0;
}

/** The receipt of an erasure of the same target that is not done. */
async function unfinished(target: Target, { erasures }: PersonStores): Promise<ErasureDocument | undefined> {
  const [own] = targetKeys(target);
  const pending = await erasures.pending();
  return pending.find(({ project, keys }) => project === target.project.hash && keys.includes(own as string));
}

async function seedWith(target: Target, earlier: ErasureDocument | undefined, stores: PersonStores): Promise<Seed> {
  const seed = seedOf(target, await stores.projects.list());
  if (earlier === undefined) return seed;
  const { sites, urlMd5s } = await namesOfReceipt(earlier, stores);
  return {
    ...seed,
    sites: [...seed.sites, ...sites],
    urlMd5s: [...seed.urlMd5s, ...urlMd5s],
    objects: objectsOfReceipt(earlier),
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
    pending: { tables: [...HELD_TABLES], objects: held.objects },
  };
}

/** What the target was called by. */
function targetKeys({ project: { hash: projectHash }, site, email }: Target): string[] {
  return erasureKeys({ projectHash, sites: site === null ? [] : [site], emails: email === null ? [] : [email] });
}

function keysOf(target: Target, { sites, urlMd5s, unsharedMd5s }: Held, earlier: string[] = []): string[] {
  const found = erasureKeys({ projectHash: target.project.hash, sites, urlMd5s, unsharedMd5s });
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

function planText({ sites, shares, counts }: Held): string {
  return [section([['sites', sites]]), ...sharesText(shares), countsText(counts)].join('\n');
}

const REMOVES = {
  site: 'all of the site',
  events: 'those events; what is latest of the site is made anew of the others',
};

function sharesText(shares: SiteShare[]): string[] {
  if (shares.length === 0) return [];
  const rows = shares.map(({ site, events, holding, removes }) => [
    site,
    `${holding} of ${events} events`,
    REMOVES[removes],
  ]);
  return [table(['reported under it', 'hold this address', 'removes'], rows)];
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
