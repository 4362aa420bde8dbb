import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { runSitebeat } from '../commands/run-sitebeat.ts';

/** What a command left behind; for tests. */
export interface CapturedRun {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command within this process, with `env` over its environment; on a terminal where somebody gives this `answer`, if any. */
export async function capturedRun(args: string[], env: NodeJS.ProcessEnv = {}, answer?: string): Promise<CapturedRun> {
  const isTTY = answer !== undefined;
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), Object.assign(new PassThrough(), { isTTY })];
  if (isTTY) stdin.write(`${answer}\n`);
  const streams = { stdin: Object.assign(stdin, { isTTY }) as unknown as NodeJS.ReadStream, stdout, stderr };
  const texts = Promise.all([textOf(stdout), textOf(stderr)]);
  const exitCode = await runSitebeat(args, { ...streams, env: { ...process.env, ...env } });
  stdout.end();
  stderr.end();
  const [out, err] = await texts;
  return { exitCode, stdout: out, stderr: err };
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BIN = fileURLToPath(new URL('../commands/sitebeat.ts', import.meta.url));

/** Runs the bin as the system would, in a process of its own. */
export async function capturedProcess(args: string[], env: NodeJS.ProcessEnv = {}): Promise<CapturedRun> {
  const child = spawn(BIN, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  await exited;
  return { exitCode: child.exitCode, stdout, stderr };
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
