import type { Command } from 'commander';
import type { Project } from '../../../shared/project/project.ts';
import { addressKey } from '../../../shared/report/email-address.ts';
import { canonicalSite } from '../../../shared/report/site-id.ts';
import type { ProjectsWriter } from '../../../shared/stores/projects-writer.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { findProject } from '../projects/find-project.ts';

/** Whom a command is about: a site of a project, or whoever has an address. */
export interface Target {
  project: Project;
  /** Canonical. */
  site: string | null;
  /** See addressKey. */
  email: string | null;
}

export interface TargetOptions {
  project?: string;
  site?: string;
  email?: string;
}

export function withTarget(command: Command): Command {
  return command
    .option('--project <project>', 'by hash or slug')
    .option('--site <url>', 'a site, in any spelling of its url')
    .option('--email <address>', 'whatever holds this address, and the sites that are its alone');
}

/** Throws CommandFailure when the options name no target, or there is no such project. */
export async function readTarget(
  { project: name, site: url, email }: TargetOptions,
  projects: Pick<ProjectsWriter, 'find'>,
): Promise<Target> {
  if (name === undefined) throw new CommandFailure(EXIT.usage, 'say which --project');
  if ((url === undefined) === (email === undefined)) throw new CommandFailure(EXIT.usage, 'say --site or --email');
  const site = url === undefined ? null : canonicalSite(url);
  if (site === undefined) throw new CommandFailure(EXIT.usage, '--site is no http or https url');
  if (email !== undefined && !/^\S+@\S+$/.test(email.trim())) {
    throw new CommandFailure(EXIT.usage, '--email is no address');
  }
  return {
    project: await findProject(name, projects),
    site,
    email: email === undefined ? null : addressKey(email),
  };
}
