import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../functions/commands/config.ts';
import type { Project } from '../../shared/project/project.ts';
import { openLatest } from '../../shared/stores/mongodb.ts';
import { openProjectsWriter } from '../../shared/stores/projects-writer.ts';
import type { StoreEnv } from './store-env.ts';

/** A project of its own, so that what a newcomer posts to the demo's stands alone. No mail: nobody of it exists. */
export const SAMPLE_PROJECT: Project = {
  hash: '5a3b1e00-0000-4000-8000-000000000001',
  name: 'Sample Forms',
  slug: 'sample-forms',
  type: 'plugin',
  customFields: [
    { key: 'plan', type: 'string', label: 'Plan' },
    { key: 'forms_count', type: 'number', label: 'Forms' },
  ],
  reasons: [{ id: 'too-slow', label: 'It slowed my site down' }],
  mailIntegrations: [],
  mailCapPerHour: 200,
  keepFullIp: false,
  archived: false,
  access: [],
  releases: [],
  advisories: [],
};

export interface SampleOptions {
  sites: number;
  days: number;
  seed: number;
}

/** What `sitebeat simulate --json` says. */
export interface Sample {
  events: number;
  from: string | null;
  to: string | null;
}

const BIN = fileURLToPath(new URL('../../functions/commands/sitebeat.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Gives the stores a simulated past and its charts, unless they have it (then undefined). To be called before the bucket tells
 * anybody of its objects, else every one goes through the functions once more.
 */
export async function addSample(env: StoreEnv, { sites, days, seed }: SampleOptions): Promise<Sample | undefined> {
  if (!(await createProject(env))) return undefined;
  const size = ['--sites', String(sites), '--days', String(days), '--seed', String(seed)];
  const said = await runSitebeat(['simulate', '--project', SAMPLE_PROJECT.slug, ...size, '--directly'], env);
  await runSitebeat(['rebuild'], env);
  return JSON.parse(said);
}

/** In a process of its own, for the stores are busy in this one. */
async function runSitebeat(args: string[], env: StoreEnv): Promise<string> {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', BIN, ...args, '--yes', '--json'], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`sitebeat ${args[0]} failed, so there is no sample`);
  return said;
}

/** false: it was there. */
async function createProject(env: StoreEnv): Promise<boolean> {
  const { db, close } = openLatest(readConfig({ ...process.env, ...env }));
  try {
    const projects = openProjectsWriter(db);
    if ((await projects.find(SAMPLE_PROJECT.hash)) !== undefined) return false;
    await projects.create(SAMPLE_PROJECT);
    return true;
  } finally {
    await close();
  }
}
