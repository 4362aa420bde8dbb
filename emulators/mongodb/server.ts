import { BSONError } from 'bson';
import { type Command, type CommandContext, checkFields, commit, type ServerState } from './commands/command.ts';
import { adminCommands } from './commands/commands-admin.ts';
import { readCommands } from './commands/commands-read.ts';
import { serverCommands } from './commands/commands-server.ts';
import { writeCommands } from './commands/commands-write.ts';
import { Cursors } from './commands/cursors.ts';
import { ConnectionClosed, FailPoint } from './commands/fail-point.ts';
import { CommandError } from './errors.ts';
import { Catalog, checkDatabase } from './storage/catalog.ts';
import { expireDocuments } from './storage/expiry.ts';
import type { Store } from './storage/store.ts';
import { type Document, encode } from './values/values.ts';
import { CursorBatch } from './wire.ts';

/** Every command of this server by its name. */
export const commands: Record<string, Command> = {
  ...serverCommands,
  ...readCommands,
  ...writeCommands,
  ...adminCommands,
};

/** Runs commands on a store, one after the other. Each that writes is one transaction: all that it did is committed when `run` returns. */
export class CommandServer {
  #state: ServerState;

  constructor(store: Store) {
    this.#state = { store, catalog: new Catalog(store.data), cursors: new Cursors(), failPoint: new FailPoint() };
  }

  /** The bytes of the reply document; throws ConnectionClosed where a fail point wants the connection to end. */
  run(command: Document | BSONError, connectionId: number): Uint8Array {
    if (command instanceof BSONError) return encode(new CommandError('InvalidBSON', command.message).toReply());
    try {
      const reply = this.#dispatch(command, connectionId);
      return reply instanceof CursorBatch ? reply.toBytes() : encode(reply);
    } catch (error) {
      if (error instanceof CommandError) return encode(error.toReply());
      if (error instanceof ConnectionClosed) throw error;
      // the transaction was undone, so what is remembered of the store may be wrong
      this.#state.catalog = new Catalog(this.#state.store.data);
      return encode(new CommandError('InternalError', `internal error: ${(error as Error).stack}`).toReply());
    }
  }

  /** Removes what the TTL indexes say has had its time, and cursors that nobody read for long. */
  expire(nowMs: number): void {
    const { store, catalog, cursors } = this.#state;
    cursors.closeIdle(nowMs);
    expireDocuments(store, catalog, nowMs);
  }

  #dispatch(command: Document, connectionId: number): Document | CursorBatch {
    const name = Object.keys(command)[0] ?? '';
    const known = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!known) throw new CommandError('CommandNotFound', `no such command: '${name}'`);
    checkFields(name, known, command);
    const database = command.$db;
    checkDatabase(database);
    const failed = this.#state.failPoint.enter(
      name,
      command,
      `${database}.${String(command.collection ?? command[name])}`,
    );
    if (failed) return failed;
    const context: CommandContext = { ...this.#state, database, connectionId };
    if (!known.writes) return known.run(command, context);
    return commit(() => known.run(command, context), context.store);
  }
}
