import { randomUUID } from 'node:crypto';
import { BigQuery, type BigQueryOptions, type Dataset, type TableMetadata } from '@google-cloud/bigquery';
import { type Emulator, givenVariable } from '../emulator.ts';
import { type BigQueryOptions as EmulatorOptions, startBigQuery } from './index.ts';

// else the client looks for credentials in the network before its first request
process.env.METADATA_SERVER_DETECTION ??= 'none';

const otherEmulator = givenVariable('BIGQUERY_EMULATOR_HOST');
const project = process.env.GOOGLE_CLOUD_PROJECT;
/** The service itself, in the project of the credentials. */
export const isService = !otherEmulator && !!process.env.GOOGLE_APPLICATION_CREDENTIALS && !!project;
export const isOurs = !otherEmulator && !isService;

/** A client and a dataset of its own, on whatever the environment names; without that on an emulator of its own. */
export interface Target {
  client: BigQuery;
  dataset: Dataset;
  close(): Promise<void>;
}

/** The client takes the host from the environment only. */
export function clientOf(url: string, options: BigQueryOptions = {}): BigQuery {
  const before = process.env.BIGQUERY_EMULATOR_HOST;
  process.env.BIGQUERY_EMULATOR_HOST = url;
  const client = new BigQuery({ projectId: 'contract', ...options });
  if (before === undefined) delete process.env.BIGQUERY_EMULATOR_HOST;
  else process.env.BIGQUERY_EMULATOR_HOST = before;
  return client;
}

export async function openTarget(options: EmulatorOptions = {}): Promise<Target> {
  const emulator: Emulator | undefined = isOurs ? await startBigQuery(options) : undefined;
  const client = isService ? new BigQuery() : clientOf(emulator?.url ?? String(otherEmulator));
  const dataset = client.dataset(`contract_${randomUUID().replaceAll('-', '')}`);
  await dataset.create();
  return {
    client,
    dataset,
    close: async () => {
      await dataset.delete({ force: true });
      await emulator?.stop();
    },
  };
}

/** A table of events: partitioned by the day of receipt, and not to be read without saying of which days. */
export const eventTable: TableMetadata = {
  description: 'Every event',
  schema: {
    fields: [
      { name: 'event_id', type: 'STRING', mode: 'REQUIRED', description: 'The event' },
      { name: 'received_at', type: 'TIMESTAMP', mode: 'REQUIRED' },
      { name: 'day', type: 'DATE' },
      { name: 'count', type: 'INTEGER' },
      { name: 'share', type: 'FLOAT' },
      { name: 'is_local', type: 'BOOLEAN' },
      { name: 'custom', type: 'JSON' },
      { name: 'tags', type: 'STRING', mode: 'REPEATED' },
      {
        name: 'plugins',
        type: 'RECORD',
        mode: 'REPEATED',
        fields: [
          { name: 'slug', type: 'STRING' },
          { name: 'version', type: 'STRING' },
        ],
      },
      { name: 'server', type: 'RECORD', fields: [{ name: 'php', type: 'STRING' }] },
    ],
  },
  timePartitioning: { type: 'DAY', field: 'received_at' },
  requirePartitionFilter: true,
  clustering: { fields: ['event_id'] },
};

/** Checks a rejection's code and reason. */
export const failsWith = (code: number, reason: string, message = /./) => {
  return (error: { code?: unknown; message: string; errors?: { reason?: string }[] }): true => {
    const said = `${error.code} ${error.errors?.[0]?.reason}: ${error.message}`;
    if (error.code === code && error.errors?.[0]?.reason === reason && message.test(error.message)) return true;
    throw new Error(`expected ${code} ${reason} ${message}, got ${said}`);
  };
};

/** Checks what insertAll said of the first bad row. */
export const rowFails = (message: RegExp) => {
  return (error: { name: string; errors?: { errors: { message: string }[] }[] }): true => {
    const said = error.errors?.[0]?.errors[0]?.message ?? '';
    if (error.name === 'PartialFailureError' && message.test(said)) return true;
    throw new Error(`expected ${message}, got ${error.name}: ${said}`);
  };
};
