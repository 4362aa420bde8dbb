import domain from 'node:domain';
import type { Server } from 'node:http';
import { getTestServer } from '@google-cloud/functions-framework/testing';

/**
 * The Functions Framework's own server of a registered function, which runs requests without domains: the first domain switches
 * Node's async hooks on for the rest of the process, and each test after it takes a tenth longer.
 */
export function frameworkServer(functionName: string): Server {
  Object.assign(domain, { create: () => ({ on: () => {}, run: (work: () => void) => work() }) });
  Object.assign(process, { domain: { enter: () => {}, exit: () => {}, bind: <T>(callback: T) => callback } });
  return getTestServer(functionName);
}
