import { createServer, type Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { type Emulator, type EmulatorOptions, listen, runAlone, type StartEmulator } from '../emulator.ts';
import { CommandServer } from './server.ts';
import { openStore } from './storage/store.ts';
import { MessageReader, parseMessage, replyMessage } from './wire.ts';

/** How often TTL indexes are looked at; MongoDB does it every 60 s. */
const expireEveryMs = 1000;

/** How long a client may take for its last answers when the server stops. */
const lastAnswersMs = 1000;

/** The database that the connection string names. */
const database = 'sitebeat';

/** Starts a standalone MongoDB server: no transactions, no replication, no authentication. */
export const startMongodb: StartEmulator = async ({ port, dataDir }: EmulatorOptions = {}): Promise<Emulator> => {
  const store = await openStore(dataDir);
  const server = new CommandServer(store);
  const sockets = new Set<Socket>();
  let connections = 0;
  const listener = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, server, connections);
  });
  let actualPort: number;
  try {
    actualPort = await listen(listener, port);
  } catch (error) {
    await store.close();
    throw error;
  }
  const expiry = setInterval(() => server.expire(Date.now()), expireEveryMs);
  expiry.unref();
  const url = `mongodb://127.0.0.1:${actualPort}/${database}`;
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    clearInterval(expiry);
    const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
    // every command is answered in the turn it came in: what is left to do is to send the last answers
    for (const socket of sockets) socket.destroySoon();
    const impatience = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, lastAnswersMs);
    await closed;
    clearTimeout(impatience);
    await store.close();
  };
  return {
    url,
    env: { MONGODB_URI: url },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
};

function serve(socket: Socket, server: CommandServer, connectionId: number): void {
  const reader = new MessageReader();
  let responses = 0;
  // a client that goes away ends its connection, and nothing else
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    try {
      reader.push(chunk as Buffer);
      for (let message = reader.next(); message !== undefined; message = reader.next()) {
        const request = parseMessage(message);
        const body = server.run(request.command, connectionId);
        responses += 1;
        if (!request.silent) socket.write(replyMessage(request, responses, body));
      }
    } catch (error) {
      socket.destroy(error as Error);
    }
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runAlone('mongodb', startMongodb);
}
