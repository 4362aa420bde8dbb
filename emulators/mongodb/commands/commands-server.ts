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

function buildInfo(): Document {
  const { text, parts } = version;
  return { version: text, versionArray: parts, gitVersion: 'sitebeat-emulator', modules: [], bits: 64, ok: 1 };
}

// every new driver tells more of itself here
const helloCommand: Command = { fields: 'any', run: hello };
const accept: Command = { fields: [], run: () => ({ ok: 1 }) };

export const serverCommands: Record<string, Command> = {
  hello: helloCommand,
  isMaster: helloCommand,
  ismaster: helloCommand,
  ping: accept,
  endSessions: accept,
  buildInfo: { fields: [], run: buildInfo },
  // as the driver writes it
  buildinfo: { fields: [], run: buildInfo },
  connectionStatus: {
    fields: ['showPrivileges'],
    run: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 }),
  },
  configureFailPoint: { fields: ['mode', 'data'], run: (command, { failPoint }) => failPoint.configure(command) },
};
