import { CommandError } from '../errors.ts';
import { toInteger } from '../values/numbers.ts';
import { showDocument } from '../values/show.ts';
import { type Document, isDocument, type Value } from '../values/values.ts';

/** Tells the connection to end without an answer. */
export class ConnectionClosed extends Error {}

interface Failure {
  /** How many more commands fail. */
  times: number;
  commands: Value[];
  /** Only commands on this collection, as `database.collection`. */
  namespace: string | undefined;
  errorCode: number | undefined;
  closesConnection: boolean;
}

const dataFields = ['failCommands', 'errorCode', 'closeConnection', 'namespace'];

/** MongoDB's fail point `failCommand`: makes the commands that a test names fail, before they do anything. */
export class FailPoint {
  #failure: Failure | undefined;
  #entered = 0;

  /** Takes a `configureFailPoint` command. Source: "The failCommand fail point" of MongoDB's wiki. */
  configure({ configureFailPoint: name, mode, data }: Document): Document {
    if (name !== 'failCommand') throw new CommandError('FailPointSetFailed', `${String(name)} not found`);
    const count = this.#entered;
    this.#failure = mode === 'off' ? undefined : { times: timesOf(mode), ...failureOf(data) };
    return { count, ok: 1 };
  }

  /** Fails as it was told to; gives the reply of a write command whose first statement meets a key that is there. */
  enter(name: string, command: Document, namespace: string): Document | undefined {
    const failure = this.#failure;
    if (!failure?.commands.includes(name)) return undefined;
    if (failure.namespace !== undefined && failure.namespace !== namespace) return undefined;
    this.#entered += 1;
    failure.times -= 1;
    if (failure.times <= 0) this.#failure = undefined;
    if (failure.closesConnection) throw new ConnectionClosed();
    const error = new CommandError(failure.errorCode ?? 'InternalError', `Failing command via 'failCommand' failpoint`);
    if (error.codeName !== 'DuplicateKey' || !['insert', 'update', 'delete'].includes(name)) throw error;
    return duplicateReply(command, namespace);
  }
}

function timesOf(mode: Value): number {
  if (mode === 'alwaysOn') return Number.POSITIVE_INFINITY;
  const times = isDocument(mode) ? toInteger(mode.times) : undefined;
  if (times !== undefined && times > 0) return times;
  throw new CommandError('BadValue', "the mode of a fail point is 'off', 'alwaysOn' or {times: n}");
}

function failureOf(data: Value): Omit<Failure, 'times'> {
  const { failCommands, errorCode, closeConnection, namespace, ...others } = isDocument(data) ? data : {};
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new CommandError('BadValue', `failCommand takes ${dataFields.join(', ')}, not ${unknown}`);
  const code = toInteger(errorCode);
  if (!Array.isArray(failCommands) || (code === undefined && closeConnection !== true)) {
    throw new CommandError('BadValue', 'failCommand needs failCommands, and errorCode or closeConnection');
  }
  return {
    commands: failCommands,
    namespace: typeof namespace === 'string' ? namespace : undefined,
    errorCode: code,
    closesConnection: closeConnection === true,
  };
}

/** What a server answers when another one's upsert of the same key comes first. */
function duplicateReply(command: Document, namespace: string): Document {
  const [statement] = [command.documents, command.updates, command.deletes].find(Array.isArray) ?? [];
  const filter = isDocument(statement) ? (statement.q ?? statement) : {};
  const keyValue = { _id: isDocument(filter) ? (filter._id ?? null) : null };
  const errmsg = `E11000 duplicate key error collection: ${namespace} index: _id_ dup key: ${showDocument(keyValue)}`;
  return { n: 0, writeErrors: [{ index: 0, code: 11000, errmsg, keyPattern: { _id: 1 }, keyValue }], ok: 1 };
}
