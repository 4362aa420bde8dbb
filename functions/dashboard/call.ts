import type { Project, Role } from '../../shared/project/project.ts';
import type { Stores } from './stores.ts';
import type { Identity } from './who-is.ts';

/** A request that a route may answer: who asks is known, and may. */
export interface Call {
  /** Also in the log, and in problem documents. */
  requestId: string;
  identity: Identity;
  isOperator: boolean;
  /** What stands for the `:name`s of the route's path. */
  params: Record<string, string>;
  query: URLSearchParams;
  stores: Stores;
  now: Date;
}

/** A call on a project that the caller has a role in. Stores take the project from here, never from the request. */
export interface ProjectCall extends Call {
  project: Project;
  role: Role;
}

/** What a route answers. */
export type Answer =
  /** Changes with each rebuild only, and is cached until then. */
  | { kind: 'figures'; generation: number; body: unknown }
  /** Is not to be kept by anybody; `next` becomes a Link. */
  | { kind: 'fresh'; body: unknown; next?: string | null }
  /** A file that is written while it is read. */
  | { kind: 'file'; name: string; type: string; chunks: AsyncIterable<string> }
  | { kind: 'empty'; headers?: Record<string, string> };
