import { hostname } from 'node:os';
import { CommandError } from '../errors.ts';
import { maxDocumentBytes } from '../storage/collection.ts';
import type { Document } from '../values/values.ts';
import { maxMessageBytes } from '../wire.ts';
import type { Command, CommandContext } from './command.ts';

/** MongoDB 7.0: the newest whose drivers do not send `bulkWrite`. */
const version = { text: '7.0.0', parts: [7, 0, 0, 0], wire: 21 };

/**
 * The handshake of a standalone server. Without `topologyVersion` drivers poll instead of streaming, without `setName`
 * they send no transaction numbers.
 */
function hello(_: Document, { connectionId }: CommandContext): Document {
  return {
    helloOk: true,
    isWritablePrimary: true,
    ismaster: true,
    maxBsonObjectSize: maxDocumentBytes,
    maxMessageSizeBytes: maxMessageBytes,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId,
    minWireVersion: 0,
    maxWireVersion: version.wire,
    readOnly: false,
    ok: 1,
  };
}

// every new driver tells more of itself here
const helloCommand: Command = { fields: 'any', run: hello };

const accept: Command = { fields: [], run: () => ({ ok: 1 }) };

function buildInfo(): Document {
  return {
    version: version.text,
    gitVersion: 'sitebeat-emulator',
    modules: [],
    versionArray: version.parts,
    bits: 64,
    debug: false,
    maxBsonObjectSize: maxDocumentBytes,
    ok: 1,
  };
}

function serverStatus(_: Document, { startedAtMs }: CommandContext): Document {
  const uptimeMs = Date.now() - startedAtMs;
  return {
    host: hostname(),
    version: version.text,
    process: 'mongodb-emulator',
    pid: process.pid,
    uptime: Math.floor(uptimeMs / 1000),
    uptimeMillis: uptimeMs,
    localTime: new Date(),
    ok: 1,
  };
}

const parameters: Document = { featureCompatibilityVersion: { version: '7.0' } };

function getParameter(command: Document): Document {
  const all = command.getParameter === '*';
  const names = Object.keys(parameters).filter((name) => all || name in command);
  if (names.length === 0) throw new CommandError('InvalidOptions', 'no option found to get');
  return { ...Object.fromEntries(names.map((name) => [name, parameters[name]])), ok: 1 };
}

export const serverCommands: Record<string, Command> = {
  hello: helloCommand,
  isMaster: helloCommand,
  ismaster: helloCommand,
  ping: accept,
  endSessions: accept,
  refreshSessions: accept,
  killSessions: accept,
  buildInfo: { fields: [], run: buildInfo },
  buildinfo: { fields: [], run: buildInfo },
  serverStatus: { fields: [], run: serverStatus },
  connectionStatus: {
    fields: ['showPrivileges'],
    run: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 }),
  },
  getParameter: { fields: Object.keys(parameters), run: getParameter },
  hostInfo: { fields: [], run: () => ({ system: { currentTime: new Date(), hostname: hostname() }, ok: 1 }) },
  whatsmyuri: { fields: [], run: (_, { client }) => ({ you: client, ok: 1 }) },
};
