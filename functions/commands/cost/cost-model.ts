import prices from './prices.json' with { type: 'json' };

export const PRICES = prices;

/** What is sent, and what is not known of either design but assumed; each can be set. Bytes are of what is billed. */
export const ASSUMPTIONS = {
  payloadsPerDay: 1_000_000,
  payloadBytes: 1500,
  /** What the envelope adds to an object. */
  envelopeBytes: 400,
  /** Of a notification, and of each push of it. */
  messageBytes: 1400,
  /** Of 1,000 payloads these are deactivations, which have a second row. */
  deactivationsPerThousand: 100,
  /** Keys of an event in the index of the archive, a row each of at least 1,024 billed bytes. */
  keysPerEvent: 2,
  daysPerMonth: 30.4,
  /** Of each function's request, from its start to its answer; Cloud Run rounds what it bills up to 100 ms. */
  collectMs: 60,
  processMs: 250,
  /** CPU of each request, which bounds how much one instance does at once. */
  collectCpuMs: 1.1,
  processCpuMs: 4,
  /** An instance with more than one request at a time has a whole vCPU, one without a sixth. */
  sharedVcpu: 1,
  aloneVcpu: 0.167,
  instanceGib: 0.5,
  /** How busy an instance's CPU is when another one starts. */
  utilization: 0.6,
  /** The original: its collector in Go, and a job every hour that starts workers, reads each object, and loads. */
  originalCollectMs: 50,
  originalCollectCpuMs: 0.4,
  originalJobsPerDay: 24,
  originalJobMinutes: 5,
  originalObjectsPerWorkerSecond: 1000,
  originalWorkerVcpu: 1,
  originalWorkerGib: 3.75,
  originalWorkerDiskGb: 250,
};
export type Assumptions = typeof ASSUMPTIONS;

/** USD a month, by component. What is kept for longer is billed again each month; these are the first month's. */
export type Bill = Record<string, number>;

const MILLION = 1e6;
const DAY_S = 86_400;
const ROUND_MS = 100;
const ROW_BYTES = 1024;

/**
 * How Cloud Run bills: for the time in which there are requests, and for each of them; or for as long as an instance is there,
 * each second for less.
 */
export type Billing = 'by request' | 'by instance';

/** What Sitebeat costs, MongoDB apart. In both designs functions are small instances that work alone or shared ones, whichever is cheaper. */
export function sitebeatBill(assumed: Assumptions, billing: Billing = 'by request'): Bill {
  const { payloadBytes, messageBytes, deactivationsPerThousand, keysPerEvent, envelopeBytes } = assumed;
  const monthly = payloadsOf(assumed);
  const rowBytes = Math.max(ROW_BYTES, payloadBytes) * (1 + deactivationsPerThousand / 1000);
  const calls = [
    { durationMs: assumed.collectMs, cpuMs: assumed.collectCpuMs },
    { durationMs: assumed.processMs, cpuMs: assumed.processCpuMs },
  ];
  return {
    'archive, write': (monthly / MILLION) * PRICES.classAPerMillion,
    'archive, read': (monthly / MILLION) * PRICES.classBPerMillion,
    'archive, storage': gigabytes(monthly * (payloadBytes + envelopeBytes)) * PRICES.storageGbMonth,
    ...functionsBill(assumed, calls, billing),
    'Pub/Sub': ((2 * messageBytes * monthly) / 2 ** 40) * PRICES.pubsubTib,
    'BigQuery, insert': ((rowBytes * monthly) / 200e6) * PRICES.insertPer200Mb,
    'BigQuery, index': ((keysPerEvent * ROW_BYTES * monthly) / 200e6) * PRICES.insertPer200Mb,
    'BigQuery, storage': gigabytes(monthly * rowBytes) * PRICES.bigqueryGbMonth,
  };
}

/** What the original design costs: load jobs are free, and so is the hour that an event waits for one. */
export function originalBill(assumed: Assumptions, billing: Billing = 'by request'): Bill {
  const { payloadBytes, originalCollectMs, originalCollectCpuMs, deactivationsPerThousand, envelopeBytes } = assumed;
  const monthly = payloadsOf(assumed);
  const rowBytes = payloadBytes * (1 + deactivationsPerThousand / 1000);
  const calls = [{ durationMs: originalCollectMs, cpuMs: originalCollectCpuMs }];
  return {
    'archive, write': (monthly / MILLION) * PRICES.classAPerMillion,
    'archive, read': (monthly / MILLION) * PRICES.classBPerMillion,
    'archive, storage': gigabytes(monthly * (payloadBytes + envelopeBytes)) * PRICES.storageGbMonth,
    ...functionsBill(assumed, calls, billing),
    Dataflow: dataflowPrice(assumed),
    'BigQuery, storage': gigabytes(monthly * rowBytes) * PRICES.bigqueryGbMonth,
  };
}

export function sumOf(bill: Bill | number[]): number {
  return Object.values(bill).reduce((sum, part) => sum + part, 0);
}

function payloadsOf({ payloadsPerDay, daysPerMonth }: Assumptions): number {
  return payloadsPerDay * daysPerMonth;
}

function gigabytes(bytes: number): number {
  return bytes / 1e9;
}

function rounded(durationMs: number): number {
  return (Math.ceil(durationMs / ROUND_MS) * ROUND_MS) / 1000;
}

/** One function's request for each payload. */
interface Call {
  durationMs: number;
  cpuMs: number;
}

function functionsBill(assumed: Assumptions, calls: Call[], billing: Billing): Bill {
  return billing === 'by instance' ? instanceBilled(assumed, calls) : requestBilled(assumed, calls);
}

function requestBilled(assumed: Assumptions, calls: Call[]): Bill {
  return {
    requests: ((calls.length * payloadsOf(assumed)) / MILLION) * PRICES.requestsPerMillion,
    compute: Math.min(alonePrice(assumed, calls), sharedPrice(assumed, calls)),
  };
}

/** An instance is kept for minutes after its last request: each function has one all the time. */
function instanceBilled(assumed: Assumptions, calls: Call[]): Bill {
  const second = assumed.sharedVcpu * PRICES.instanceVcpuSecond + assumed.instanceGib * PRICES.instanceGibSecond;
  const instances = sumOf(calls.map((call) => Math.max(1, busyInstances(assumed, call))));
  return { requests: 0, compute: instances * DAY_S * assumed.daysPerMonth * second };
}

/** When each request has an instance of its own. */
function alonePrice(assumed: Assumptions, calls: Call[]): number {
  const seconds = sumOf(calls.map(({ durationMs }) => payloadsOf(assumed) * rounded(durationMs)));
  return seconds * secondPrice(assumed.aloneVcpu, assumed);
}

/**
 * When requests share one: it is billed while at least one is there (they come by chance, at a rate), and as many more as
 * the CPU takes.
 */
function sharedPrice(assumed: Assumptions, calls: Call[]): number {
  const perSecond = assumed.payloadsPerDay / DAY_S;
  const someoneIsThere = ({ durationMs }: Call) => 1 - Math.exp(-perSecond * rounded(durationMs));
  const instances = sumOf(calls.map((call) => Math.max(someoneIsThere(call), busyInstances(assumed, call))));
  return instances * DAY_S * assumed.daysPerMonth * secondPrice(assumed.sharedVcpu, assumed);
}

/** How many instances have the CPU for it. */
function busyInstances({ payloadsPerDay, utilization }: Assumptions, { cpuMs }: Call): number {
  return ((payloadsPerDay / DAY_S) * cpuMs) / 1000 / utilization;
}

function secondPrice(vcpu: number, { instanceGib }: Assumptions): number {
  return vcpu * PRICES.vcpuSecond + instanceGib * PRICES.gibSecond;
}

function dataflowPrice(assumed: Assumptions): number {
  const { originalJobsPerDay, originalJobMinutes, originalObjectsPerWorkerSecond, daysPerMonth } = assumed;
  const { originalWorkerVcpu, originalWorkerGib, originalWorkerDiskGb, payloadsPerDay } = assumed;
  const hour =
    originalWorkerVcpu * PRICES.dataflowVcpuHour +
    originalWorkerGib * PRICES.dataflowGibHour +
    originalWorkerDiskGb * PRICES.dataflowDiskGbHour;
  const starting = (originalJobsPerDay * originalJobMinutes) / 60;
  const working = payloadsPerDay / originalObjectsPerWorkerSecond / 3600;
  return (starting + working) * daysPerMonth * hour;
}
