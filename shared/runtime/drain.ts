import { subscribe } from 'node:diagnostics_channel';
import type { Server, ServerResponse } from 'node:http';

const SIGNALS: NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/**
 * Makes a Functions Framework process end well: on SIGTERM or SIGINT it takes no new connection, answers what is in flight,
 * runs `close` and exits 0. The framework (5.0.5) itself cuts requests in flight and exits at once. Call it when the
 * function's module loads, before the framework registers its own listeners.
 */
export function drainOnSignal(close: () => Promise<void> = async () => {}): void {
  const inFlight = new Set<ServerResponse>();
  let server: Server | undefined;
  let ending = false;

  subscribe('http.server.request.start', (message) => {
    const started = message as { response: ServerResponse; server: Server };
    server = started.server;
    inFlight.add(started.response);
    if (ending) started.response.setHeader('Connection', 'close');
    started.response.once('close', () => {
      inFlight.delete(started.response);
      if (ending) endWhenIdle();
    });
  });

  const endWhenIdle = () => {
    if (inFlight.size > 0) return;
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
    endWhenIdle();
  };
  for (const signal of SIGNALS) process.on(signal, begin);
  process.on('newListener', (event, listener) => {
    if (listener !== begin && SIGNALS.includes(event)) queueMicrotask(() => process.removeListener(event, listener));
  });
}
