import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SOURCES } from '../build.ts';
import type { Mesh } from '../mesh.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A resource as Terraform has it after a run on mocked providers: what a provider computes is a made-up string. */
export interface Resource {
  type: string;
  name: string;
  index?: string | number;
  // biome-ignore lint/suspicious/noExplicitAny: as wide as the providers' schemas
  values: Record<string, any>;
}

/** What the runs of tests/mesh.tftest.hcl left. */
export interface Outcome {
  /** Of the run `everything`. */
  resources: Resource[];
  /** What each run that only plans would change, `type.name["index"]`, with how. */
  changes: Record<string, Record<string, string>>;
}

/** terraform/ and what it reads, copied, so that nothing is left in the checkout. */
export interface TerraformCopy {
  /** Runs `terraform ...args` in the copy. Never rejects: a failure is in `code`, its text in `output`. */
  run(...args: string[]): Promise<{ code: number; output: string }>;
  /** Puts another mesh in the place of functions/mesh.json. */
  setMesh(mesh: Mesh): Promise<void>;
  /** Puts what bundles were made of where the tests look for it, and these sources beside it. */
  setBuild(sources: Record<string, string>): Promise<void>;
  /**
   * Through `terraform test`, since with mocked providers the whole graph is known, and the real provider, too, needs no
   * credentials. Rejects with the output when a test fails.
   */
  everything(...args: string[]): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Finds terraform and its providers, and sets up a copy; a string says what is missing on this machine. */
export async function openTerraform(): Promise<TerraformCopy | string> {
  if ((await execute('terraform', ['version'], {})).code !== 0) return 'no terraform on PATH';
  const folder = await mkdtemp(join(tmpdir(), 'sitebeat-terraform-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  for (const part of ['terraform', 'schemas', 'functions/mesh.json'])
    await cp(join(ROOT, part), join(folder, part), { recursive: true, filter: (path) => !path.includes('.terraform') });

  const env = {
    TF_DATA_DIR: join(folder, 'data'),
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    ...(await providers(join(folder, 'providers'))),
  };
  const run = (...args: string[]) => execute('terraform', args, { cwd: join(folder, 'terraform'), env });
  const init = await run('init', '-backend=false', '-no-color');
  if (init.code !== 0) {
    await remove();
    if (!init.output.includes('could not connect')) throw new Error(init.output);
    return 'no provider can be had; SITEBEAT_TERRAFORM_MIRROR can name a CLI configuration file that finds them';
  }
  return {
    run,
    setMesh: (mesh) => writeFile(join(folder, 'functions/mesh.json'), JSON.stringify(mesh)),
    setBuild: async (sources) => {
      for (const file of Object.keys(sources)) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await cp(join(ROOT, file), join(folder, file));
      }
      await writeFile(join(folder, 'terraform/tests/built', SOURCES), JSON.stringify(sources));
    },
    everything: async (...args) => outcomeOf(await run('test', '-json', '-verbose', ...args)),
    remove,
  };
}

/** Where providers come from: what the environment names, a stand-in beside the checkout, else terraform's own way. */
async function providers(folder: string): Promise<Record<string, string>> {
  const given = process.env.SITEBEAT_TERRAFORM_MIRROR;
  if (given) return { TF_CLI_CONFIG_FILE: given };
  const setup = join(ROOT, '../shared/terraform/setup.sh');
  if (!existsSync(setup)) return {};
  const { code, output } = await execute('sh', [setup, folder], {});
  if (code !== 0) throw new Error(`${setup} failed\n${output}`);
  return { TF_CLI_CONFIG_FILE: join(folder, 'mirror.tfrc') };
}

function outcomeOf({ code, output }: { code: number; output: string }): Outcome {
  const messages = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  if (code !== 0) {
    const failures = messages.filter((message) => message['@level'] === 'error');
    throw new Error(failures.map(({ diagnostic }) => `${diagnostic?.summary}: ${diagnostic?.detail}`).join('\n'));
  }
  const state = messages.find((message) => message.type === 'test_state' && message['@testrun'] === 'everything');
  const plans = messages.filter((message) => message.type === 'test_plan');
  return {
    resources: state.test_state.root_module.resources,
    changes: Object.fromEntries(plans.map((plan) => [plan['@testrun'], changesOf(plan.test_plan)])),
  };
}

function changesOf(plan: { resource_changes?: { address: string; change: { actions: string[] } }[] }) {
  const changes = (plan.resource_changes ?? []).map(({ address, change }) => [address, change.actions.join(' ')]);
  return Object.fromEntries(changes.filter(([, actions]) => actions !== 'no-op' && actions !== 'read'));
}

function execute(file: string, args: string[], { cwd, env }: { cwd?: string; env?: Record<string, string> }) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const options = { maxBuffer: 2 ** 27, env: { ...process.env, ...env }, ...(cwd && { cwd }) };
    execFile(file, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, output: stdout + stderr });
    });
  });
}
