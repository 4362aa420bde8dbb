import { subscribe } from 'node:diagnostics_channel';
import type { Server, ServerResponse } from 'node:http';

const SIGNALS: NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/** Cloud Run kills 10 s after SIGTERM: until then requests are answered, and then stores closed. */
export const DRAIN_LIMITS = { answerMs: 8000, closeMs: 1000 };

/**
 * Makes a Functions Framework process end well: on SIGTERM or SIGINT it takes no new connection, answers what is in flight,
 * runs `close` and exits 0. What has no answer after `answerMs` gets 503: nobody is told that it is done, and who can tries
 * again. `closeMs` later it exits 1, whatever is left. The framework (5.0.5) itself cuts requests in flight and exits at once.
 * Call it when the function's module loads, before the framework registers its own listeners.
 */
export function drainOnSignal(
  close: () => Promise<void> = async () => {},
  { answerMs, closeMs }: typeof DRAIN_LIMITS = DRAIN_LIMITS,
): void {
  const inFlight = new Set<ServerResponse>();
  let server: Server | undefined;
  let ending = false;
  let closing = false;

  subscribe('http.server.request.start', (message) => {
    const started = message as { response: ServerResponse; server: Server };
    server = started.server;
    inFlight.add(started.response);
    if (ending) closeConnectionAfter(started.response);
    started.response.once('close', () => {
      inFlight.delete(started.response);
      // a client that is gone may have sent all of its request, which its handler is yet to be given
      if (ending) setImmediate(endWhenIdle);
    });
  });

  const endWhenIdle = () => {
    if (inFlight.size > 0 || closing) return;
    closing = true;
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  const begin = () => {
    if (ending) return;
    ending = true;
    server?.close();
    server?.closeIdleConnections();
    inFlight.forEach(closeConnectionAfter);
    setTimeout(() => inFlight.forEach(answerUnavailable), answerMs);
    setTimeout(() => process.exit(1), answerMs + closeMs);
    endWhenIdle();
  };
  for (const signal of SIGNALS) process.on(signal, begin);
  process.on('newListener', (event, listener) => {
    if (listener !== begin && SIGNALS.includes(event)) queueMicrotask(() => process.removeListener(event, listener));
  });
}

/** Or its client would send the next request on a connection that is about to be cut. */
function closeConnectionAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

function answerUnavailable(response: ServerResponse): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': '5' });
  response.end(JSON.stringify({ error: 'unavailable', message: 'not done; try again' }));
}
