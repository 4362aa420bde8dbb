import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { parseArgs } from 'node:util';

/** What every emulator takes. */
export interface EmulatorOptions {
  /** Port to listen on; 0 or none: a free one. */
  port?: number;
  /** Folder that holds all of this emulator's data, made when missing; none: in memory. */
  dataDir?: string;
}

/** A running emulator. */
export interface Emulator {
  /** Where it listens, in the form that the official client takes (`http://127.0.0.1:N`, `127.0.0.1:N`, `mongodb://…`). */
  url: string;
  /** The environment variables that point the official client at it. */
  env: Record<string, string>;
  /** Answers what is in flight, writes what is pending, closes every socket and file. */
  stop(): Promise<void>;
}

export type StartEmulator<Options extends EmulatorOptions = EmulatorOptions> = (options?: Options) => Promise<Emulator>;

/**
 * Listens on 127.0.0.1 and gives the port. A port that is taken rejects with a message that names it, once `release` has
 * closed what was opened for the server.
 */
export async function listen(server: Server, port = 0, release: () => Promise<void> = async () => {}): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    await release();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new Error(`port ${port} is already in use; choose another one`, { cause: error });
    }
    throw error;
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP address');
  return address.port;
}

/** A request that is still coming in when an emulator stops has so long to end. */
const LAST_REQUESTS_MS = 2_000;

/** Answers what is in flight, then closes every connection. */
export async function closeServer(server: HttpServer): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // connections in use are kept alive otherwise
  server.prependListener('request', (_, response) => response.setHeader('connection', 'close'));
  const idle = setInterval(() => server.closeIdleConnections(), 10);
  const limit = setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(limit);
}

/** Rejects with a message that names the port when somebody listens on it. */
export async function requireFree(port: number): Promise<void> {
  const server = createServer();
  await listen(server, port);
  await new Promise((resolve) => server.close(resolve));
}

/**
 * Runs one emulator as a program: `tsx emulators/storage/index.ts [--port N] [--data DIR]`. Prints the variables to
 * export, and stops on SIGINT and SIGTERM with exit code 0.
 */
export async function runAlone(name: string, start: StartEmulator): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' } } });
  const emulator = await start({
    port: Number(values.port ?? 0),
    ...(values.data === undefined ? {} : { dataDir: values.data }),
  });
  const stop = () => {
    emulator.stop().then(
      () => process.exit(0),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  console.log(`${name} emulator on ${emulator.url}`);
  for (const [key, value] of Object.entries(emulator.env)) console.log(`export ${key}=${value}`);
}

/**
 * The value of a variable that whoever started the tests gave; undefined when it is unset, or points at an emulator that the
 * tests' own set-up started. A contract test then starts an emulator of its own.
 */
export function givenVariable(name: string): string | undefined {
  return process.env.SITEBEAT_EMBEDDED?.split(',').includes(name) ? undefined : process.env[name] || undefined;
}
