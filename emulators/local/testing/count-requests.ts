import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { CommandServer } from '../../mongodb/server.ts';
import { State } from '../../pubsub/state.ts';

/** How often the emulators of a process were asked what, by kind: `storage write`, `mongodb sites.find`, `push process-event`, … */
export type Requests = Record<string, number>;

/** A line on standard error, before what was counted so far; see countRequests. */
export const COUNTED = 'counted ';
/** Tells a process that this module was loaded into to say it. */
export const SAY_COUNTED: NodeJS.Signals = 'SIGUSR2';

/** What a driver asks for itself. */
const OWN_COMMANDS = ['hello', 'ismaster', 'ping', 'endSessions', 'createIndexes'];

const counted: Requests = {};
const count = (kind: string, times = 1) => {
  counted[kind] = (counted[kind] ?? 0) + times;
};

function kindOfRequest(method: string, path: string): string {
  const table = /\/tables\/([^/]+)\/insertAll/.exec(path)?.[1];
  if (table !== undefined) return `insertAll ${table}`;
  if (/\/upload\/.*\/b\//.test(path)) return 'storage write';
  if (method === 'GET' && /\/b\/[^/]+\/o\/[^/]+/.test(path)) return 'storage read';
  return `other ${method} ${path.replace(/\?.*/, '')}`;
}

function nameOf(command: object): string | undefined {
  const [[name, collection] = ['']] = Object.entries(command);
  return OWN_COMMANDS.includes(name) ? undefined : `${collection}.${name}`;
}

/** Loaded into a process before its emulators start (`--import`), counts whatever they are asked for. */
function countRequests(): void {
  subscribe('http.server.request.start', (message) => {
    const { method = '', url = '' } = (message as { request: IncomingMessage }).request;
    count(kindOfRequest(method, url));
  });
  subscribe('http.client.request.start', (message) => {
    const topic = /\/topics\/([^/?]+)/.exec((message as { request: ClientRequest }).request.path)?.[1];
    if (topic !== undefined) count(`push ${topic}`);
  });
  const { run } = CommandServer.prototype;
  CommandServer.prototype.run = function (command, connectionId) {
    const name = nameOf(command);
    if (name !== undefined) count(`mongodb ${name}`);
    return run.call(this, command, connectionId);
  };
  const { publish } = State.prototype;
  State.prototype.publish = function (topic, drafts) {
    count(`publish ${topic.replace(/.*\//, '')}`, drafts.length);
    return publish.call(this, topic, drafts);
  };
  process.on(SAY_COUNTED, () => console.error(COUNTED + JSON.stringify(counted)));
}

// who reads what was counted imports this too
if (process.argv[1]?.endsWith('/local/start.ts')) countRequests();
