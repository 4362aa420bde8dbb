import { subscribe } from 'node:diagnostics_channel';

/**
 * Loads what a function works with while its port is opened, not before: an instance takes connections that much sooner, and
 * the first request, which waits for it, comes to a loader that has begun. What fails to load ends the process, as it would have
 * on its start. Call it when the function's module loads; by the channel Node (20 and 24) says that a server is about to listen.
 */
export function loadOnceListening<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  const begin = () => {
    loading ??= load();
    return loading;
  };
  subscribe('tracing:net.server.listen:asyncStart', () => setImmediate(begin));
  return begin;
}
