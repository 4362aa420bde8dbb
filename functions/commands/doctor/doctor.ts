import type { Command } from 'commander';
import { readMesh } from '../../mesh.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type Config, readConfig } from '../config.ts';
import type { Output, Shell } from '../terminal.ts';
import { type Check, checksOf, differs } from './check.ts';
import { checkAccess } from './check-access.ts';
import { checkArchive } from './check-archive.ts';
import { checkDelivery } from './check-delivery.ts';
import { checkEvent, type EventOptions } from './check-event.ts';
import { checkHistory } from './check-history.ts';
import { checkLatest } from './check-latest.ts';
import { checkQueries } from './check-queries.ts';
import { checkQuota, openGoogleApi } from './check-quota.ts';

interface Diagnosis {
  ok: boolean;
  /** How many things were looked at. */
  checks: number;
  differences: Check[];
}

interface Options extends Output {
  mail: boolean;
  /** Where collect is; true: past it. */
  live?: string | true;
  /** Of the functions, in the cloud. */
  region?: string;
}

/** An event may have to wait for an instance to start, more than once. */
const ARRIVAL_MS = 60_000;
const TRIAL_MS = 120_000;

/** `sitebeat doctor`: whether what mesh.json and schemas/ say is what is there. */
export function defineDoctor(command: Command, { env, terminal }: Shell): void {
  command

    .option(
      '--no-mail',
      "there is no mail API: Terraform's mail_api_url is not set; no project may have mail lists then",
    )
    .option(
      '--live [endpoint]',
      "also try it: send an event of the doctor's own all the way and remove it, and ask what each query would read",
      asEndpoint,
    )
    .option(
      '--region <region>',
      "also ask whether the cloud's quota there covers all instances, and who may call the private functions",
    )
    .option('--json', 'print JSON')
    .action(async ({ mail, live, region, ...output }: Options) => {
      const config = readConfig(env);
      const checks = await examine(config, { inCloud: !env.PUBSUB_EMULATOR_HOST, withMail: mail });
      if (live !== undefined) {
        const endpoint = live === true ? undefined : live;
        checks.push(...(await tryOut({ ...config, endpoint, note: (text) => terminal.note(text) })));
      }
      if (region !== undefined) checks.push(...(await examineRegion(config, region)));
      const diagnosis = diagnose(checks);
      terminal.result(diagnosis, diagnosisText, output);
      if (!diagnosis.ok) {
        throw new CommandFailure(
          EXIT.found,
          'not all is as it should be; terraform apply, sitebeat setup and sitebeat projects create make what is missing',
        );
      }
    });
}

async function examine(config: Config, delivery: { inCloud: boolean; withMail: boolean }): Promise<Check[]> {
  const mesh = readMesh();
  const checks = await Promise.all([
    checksOf('Pub/Sub', () => checkDelivery(mesh, { ...config, ...delivery })),
    checksOf('Cloud Storage', () => checkArchive({ ...config, notificationTopic: mesh.notificationTopic })),
    checksOf('BigQuery', () => checkHistory(config)),
    checksOf('MongoDB', () => checkLatest({ ...config, withMail: delivery.withMail })),
  ]);
  return checks.flat();
}

async function examineRegion({ projectId }: Config, region: string): Promise<Check[]> {
  const mesh = readMesh();
  const asked = { projectId, region, getJson: openGoogleApi() };
  const functions = mesh.functions.map(({ name }) => name);
  const checks = await Promise.all([
    checksOf('Cloud Run and Cloud Quotas', () => checkQuota({ ...asked, functions })),
    checksOf('Cloud Run', () => checkAccess({ ...asked, mesh })),
  ]);
  return checks.flat();
}

function asEndpoint(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new CommandFailure(EXIT.usage, `--live ${text}: not the address of collect, like https://collect.example`);
  }
  return text;
}

async function tryOut(options: Omit<EventOptions, 'notificationTopic' | 'arrivalMs'>): Promise<Check[]> {
  const { notificationTopic } = readMesh();
  const queries = await checksOf('queries and charts', () => checkQueries(options), TRIAL_MS);
  const event = await checksOf(
    'the trial',
    () => checkEvent({ ...options, notificationTopic, arrivalMs: ARRIVAL_MS }),
    TRIAL_MS,
  );
  return [...queries, ...event];
}

function diagnose(checks: Check[]): Diagnosis {
  const differences = checks.filter(differs);
  return { ok: differences.length === 0, checks: checks.length, differences };
}

function diagnosisText({ ok, checks, differences }: Diagnosis): string {
  const summary = ok ? `${checks} checks, all as it should be` : `${checks} checks, ${differences.length} differ`;
  return [...differences.map(differenceText), summary].join('\n');
}

function differenceText({ what, expected, actual }: Check): string {
  const [wanted, found] = excerpts(oneLine(expected), oneLine(actual));
  return `${what}: expected ${wanted}; found ${found}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

const MAX_TEXT = 220;
const BEFORE_DIFFERENCE = 30;

/** Two texts, such as the SQL of a view; of long ones the part in which they begin to differ. */
function excerpts(one: string, other: string): [string, string] {
  let same = 0;
  while (same < Math.min(one.length, other.length) && one[same] === other[same]) same += 1;
  const isLong = Math.max(one.length, other.length) > MAX_TEXT;
  const start = isLong ? Math.max(0, same - BEFORE_DIFFERENCE) : 0;
  const cut = (text: string) =>
    `${start > 0 ? '…' : ''}${text.slice(start, start + MAX_TEXT)}${text.length > start + MAX_TEXT ? '…' : ''}`;
  return [cut(one), cut(other)];
}
