import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux, macOS and Windows give to outgoing connections (ip_local_port_range: from 32768; IANA: from 49152). */
const [FIRST, LAST] = [20_000, 32_767];
const COUNT = LAST - FIRST + 1;
const APART = 32;

let next = placeOf(process.pid);

/** Where among the ports a process begins: those that were started one after the other do so far apart. */
export function placeOf(pid: number): number {
  return (pid * APART) % COUNT;
}

/**
 * A port of 127.0.0.1 for a server that is started later, or again: nobody listens on it now, it was not given by this process
 * before, and no connection is given it meanwhile, as it may be with one that was asked for as port 0.
 */
export async function freePort(): Promise<number> {
  for (let tries = FIRST; tries <= LAST; tries += 1) {
    const port = FIRST + next;
    next = (next + 1) % COUNT;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port between ${FIRST} and ${LAST} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}
