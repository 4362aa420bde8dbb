import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import type { CommandStartedEvent, Db } from 'mongodb';

/** What was asked of the stores, as they bill or feel it. */
export interface Operations {
  /** Cloud Storage: objects written and listed; objects read. */
  classA: number;
  classB: number;
  /** BigQuery, by table. */
  inserts: Record<string, number>;
  /** MongoDB, by collection and command. */
  commands: Record<string, number>;
  /** Requests of any other kind. */
  others: string[];
}

/** Counts what this process asks of the stores (but Pub/Sub, whose client speaks HTTP/2) while `work` goes on. `db` is of a client that was opened with `monitorCommands`. */
export async function countOperations(db: Db, work: () => Promise<void>): Promise<Operations> {
  const counted: Operations = { classA: 0, classB: 0, inserts: {}, commands: {}, others: [] };
  const onRequest = (message: unknown) => {
    const { method, path } = (message as { request: ClientRequest }).request;
    const table = /\/tables\/([^/]+)\/insertAll/.exec(path)?.[1];
    if (table !== undefined) counted.inserts[table] = (counted.inserts[table] ?? 0) + 1;
    else if (/\/upload\/.*\/b\//.test(path)) counted.classA += 1;
    else if (/\/b\/[^/]+\/o\/[^/]+/.test(path)) counted.classB += 1;
    else counted.others.push(`${method} ${path}`);
  };
  const onCommand = ({ commandName, command }: CommandStartedEvent) => {
    const name = `${String(command[commandName])}.${commandName}`;
    counted.commands[name] = (counted.commands[name] ?? 0) + 1;
  };
  subscribe('http.client.request.start', onRequest);
  db.client.on('commandStarted', onCommand);
  try {
    await work();
  } finally {
    unsubscribe('http.client.request.start', onRequest);
    db.client.off('commandStarted', onCommand);
  }
  return counted;
}
