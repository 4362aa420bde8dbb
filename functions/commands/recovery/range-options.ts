import { type Command, InvalidArgumentError } from 'commander';
import { parseObjectName } from '../../../shared/event/object-name.ts';
import type { ProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import type { Output } from '../terminal.ts';
import { parseTime, TIME_FORMS } from './parse-time.ts';
import { HOUR_MS } from './select-objects.ts';

export interface RangeOptions {
  from?: Date;
  to?: Date;
}

/** How objects are sent again. */
export interface SendOptions extends Output {
  after?: string;
  dryRun?: true;
  rate: number;
  yes?: true;
}

const DEFAULT_RATE = 200;

export function withRange(command: Command, withoutFrom: string): Command {
  return command
    .option('--from <time>', `from the hour of this time on (${TIME_FORMS}); ${withoutFrom}`, parseTime)
    .option('--to <time>', 'before this time, to the end of its hour; now when not given', parseTime);
}

export function withSending(command: Command): Command {
  return command
    .option('--rate <n>', 'objects a second at most', parseCount, DEFAULT_RATE)
    .option('--after <object>', 'go on after this object, as an interrupted run says', parseAfter)
    .option('--dry-run', 'only say how many, and what it would cost')
    .option('--yes', 'do not ask');
}

/** Whole hours. Throws CommandFailure (bad usage). */
export function readRange({ from, to }: RangeOptions, now: Date): { from: Date; to: Date } {
  if (from === undefined) throw new CommandFailure(EXIT.usage, 'say --from which time');
  const start = Math.floor(from.getTime() / HOUR_MS) * HOUR_MS;
  // what is to come is not listed
  const end = Math.ceil(Math.min((to ?? now).getTime(), now.getTime()) / HOUR_MS) * HOUR_MS;
  if (start >= end) throw new CommandFailure(EXIT.usage, '--to (or now) is not after --from');
  return { from: new Date(start), to: new Date(end) };
}

/** The hash of a project by hash or slug; what no project has stands for a hash that was sent. */
export async function readProjectHash(
  name: string | undefined,
  projects: Pick<ProjectsWriter, 'find'>,
): Promise<string | undefined> {
  return name === undefined ? undefined : ((await projects.find(name))?.hash ?? name.trim().toLowerCase());
}

/** A whole number above zero. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('no whole number above zero');
  return Number(text);
}

function parseAfter(text: string): string {
  if (parseObjectName(text) === undefined) throw new InvalidArgumentError("no object's name");
  return text;
}
