import { randomBytes } from 'node:crypto';
import type { Problem } from './api.ts';

export interface ParameterError {
  parameter: string;
  detail: string;
}

/** What goes wrong with a request, as RFC 9457 says it. */
const TITLES = {
  'invalid-parameter': [400, 'A parameter is not valid'],
  'too-large': [400, 'The request is too large to be read'],
  'not-signed-in': [401, 'Nobody is signed in'],
  'not-found': [404, 'There is nothing here'],
  'method-not-allowed': [405, 'The method is not allowed here'],
  'not-acceptable': [406, 'There is no such format'],
  'no-figures': [409, 'There are no figures yet'],
  failed: [500, 'The request failed'],
  unavailable: [503, 'A store is out of reach'],
} as const;
export type ProblemKind = keyof typeof TITLES;

/** A request that is answered with a problem document. */
export class RequestProblem extends Error {
  readonly kind: ProblemKind;
  readonly errors: ParameterError[] | undefined;

  constructor(kind: ProblemKind, errors?: ParameterError[]) {
    super(TITLES[kind][1]);
    this.name = 'RequestProblem';
    this.kind = kind;
    this.errors = errors;
  }

  get status(): number {
    return TITLES[this.kind][0];
  }

  /** `instance` is the request's id, which the log has as well. */
  document(instance: string): Problem {
    const { kind, status, message: title, errors } = this;
    return { type: `/problems/${kind}`, title, status, instance, ...(errors && { errors }) };
  }
}

/** That one parameter is not taken. */
export function refusal(parameter: string, detail: string): RequestProblem {
  return new RequestProblem('invalid-parameter', [{ parameter, detail }]);
}

/** Tells a request in the log, in the audit and in what it was answered. */
export function newRequestId(): string {
  return `req_${randomBytes(8).toString('hex')}`;
}
