import { binary, type Durable, type KeyRange as DurableRange, openDurable, type Table } from '../../durable.ts';

/** A range of keys: from `lower` on, before `upper`. */
export type KeyRange = Required<DurableRange<Buffer>>;

/** Collections, their documents and index entries, in one order of keys. */
export type Data = Table<Buffer, Buffer>;

/** Everything that the server keeps. */
export interface Store {
  data: Data;
  /** All puts and removes within `run` are committed together, or none when it throws. */
  write: Durable['write'];
  close: Durable['close'];
}

/** Opens the store in `dataDir`; without one in a temporary folder. */
export async function openStore(dataDir?: string): Promise<Store> {
  const durable = await openDurable(dataDir);
  const data = durable.table('mongodb', binary, binary);
  return { data, write: (run) => durable.write(run), close: () => durable.close() };
}
