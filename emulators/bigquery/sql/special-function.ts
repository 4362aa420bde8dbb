import type { Resolved, Scope } from './scope.ts';

/** Translates a function whose arguments are not all plain values, or whose literals must be looked at. */
export type SpecialFunction = (args: readonly unknown[], scope: Scope) => Resolved;
