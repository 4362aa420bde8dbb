import assert from 'node:assert/strict';
import fc from 'fast-check';
import { capturedRun } from '../../testing/captured-run.ts';
import { ASSUMPTIONS, originalBill, PRICES, sitebeatBill, sumOf } from './cost-model.ts';

const near = (value: number | undefined, expected: number) =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) < 0.005, `${value} is not ${expected}`);

const million = (count: number) => count * 1e6;

describe('the bill', () => {
  const aMonth = { ...ASSUMPTIONS, payloadsPerDay: million(1), daysPerMonth: 1 };

  it('is what the price list says of a million payloads', () => {
    const bill = sitebeatBill(aMonth);
    near(bill['archive, write'], 5);
    near(bill['archive, read'], 0.4);
    near(bill['archive, storage'], 1.9 * 0.02);
    near(bill.requests, 0.8);
    near(bill['Pub/Sub'], (2 * 1400e6 * 40) / 2 ** 40);
    near(bill['BigQuery, insert'], ((1500 * 1.1) / 200) * 0.01);
    near(bill['BigQuery, index'], ((2 * 1024) / 200) * 0.01);
  });

  it('bills a request alone by tenths of a second, and those that share an instance together', () => {
    const second = PRICES.vcpuSecond * 0.167 + PRICES.gibSecond * 0.5;
    // so few that none meets another, where small instances are cheaper
    const few = { ...aMonth, payloadsPerDay: 10, daysPerMonth: 1e5 };
    near(sitebeatBill(few).compute, million(0.4) * second);
    near(originalBill(few).compute, million(0.1) * second);
    // so many that every instance is busy
    const many = { ...aMonth, payloadsPerDay: million(100), daysPerMonth: 0.01 };
    const cpuSeconds = (million(1) * (1.1 + 4)) / 1000 / 0.6;
    near(sitebeatBill(many).compute, cpuSeconds * (PRICES.vcpuSecond + PRICES.gibSecond * 0.5));
  });

  it('of the original has the start of its job every hour, whatever comes', () => {
    const worker = 0.056 + 3.75 * 0.003557 + 250 * 0.000054;
    near(originalBill({ ...ASSUMPTIONS, payloadsPerDay: 0, daysPerMonth: 30 }).Dataflow, 30 * 2 * worker);
    near(originalBill({ ...ASSUMPTIONS, payloadsPerDay: 0, daysPerMonth: 30 })['archive, write'], 0);
  });

  for (const { payloadsPerDay, atMost } of [
    { payloadsPerDay: 10_000, atMost: 0.5 },
    { payloadsPerDay: million(1), atMost: 1.4 },
    { payloadsPerDay: million(10), atMost: 1.15 },
  ])
    it(`is at most ${atMost} times the original at ${payloadsPerDay} payloads a day`, () => {
      const assumed = { ...ASSUMPTIONS, payloadsPerDay };
      assert.ok(sumOf(sitebeatBill(assumed)) <= atMost * sumOf(originalBill(assumed)));
    });

  it('is more than 1.1 times the original at a million payloads a day, however little a second function does', () => {
    const assumed = { ...ASSUMPTIONS, payloadsPerDay: million(1), processMs: 1, processCpuMs: 0 };
    assert.ok(sumOf(sitebeatBill(assumed)) > 1.1 * sumOf(originalBill(assumed)));
  });

  it('by instance has no requests, and an instance of each function all the time', () => {
    const day = { ...ASSUMPTIONS, daysPerMonth: 1, payloadsPerDay: 1 };
    const instance = 86_400 * (0.000018 + 0.5 * 0.000002);
    assert.equal(sitebeatBill(day, 'by instance').requests, 0);
    near(sitebeatBill(day, 'by instance').compute, 2 * instance);
    near(originalBill(day, 'by instance').compute, instance);
    // as many as have the CPU
    const cpuSeconds = (million(100) * (1.1 + 4)) / 1000 / 0.6;
    near(
      sitebeatBill({ ...day, payloadsPerDay: million(100) }, 'by instance').compute,
      (cpuSeconds / 86_400) * instance,
    );
  });

  it('by instance is at most 1.1 times the original at ten million payloads a day', () => {
    const assumed = { ...ASSUMPTIONS, payloadsPerDay: million(10) };
    assert.ok(sumOf(sitebeatBill(assumed, 'by instance')) <= 1.1 * sumOf(originalBill(assumed, 'by instance')));
  });

  it('never falls when more or larger payloads come', () =>
    fc.assert(
      fc.property(fc.nat(million(20)), fc.nat(million(1)), fc.nat(100_000), (payloadsPerDay, more, payloadBytes) => {
        for (const bill of [sitebeatBill, originalBill]) {
          const less = sumOf(bill({ ...ASSUMPTIONS, payloadsPerDay, payloadBytes }));
          assert.ok(sumOf(bill({ ...ASSUMPTIONS, payloadsPerDay: payloadsPerDay + more, payloadBytes })) >= less);
          assert.ok(sumOf(bill({ ...ASSUMPTIONS, payloadsPerDay, payloadBytes: payloadBytes + 1000 })) >= less);
        }
      }),
    ));
});

describe('sitebeat cost', () => {
  const run = (...args: string[]) => capturedRun(['cost', ...args]);

  it('shows both designs part by part, and needs no system', async () => {
    const { exitCode, stdout } = await run('--payloads-per-day', '10000', '--bytes', '2000');
    assert.equal(exitCode, 0);
    assert.match(stdout, /archive, write\s+1\.52\s+1\.52/);
    assert.match(stdout, /Dataflow\s+-?\s+\d+\.\d\d/);
    assert.match(stdout, /Dataflow.*-\d+\.\d\d\n/);
    assert.match(stdout, /times the original; billed by instance, \d\.\d\d times/);
  });

  it('takes another assumption for each, and says which it took', async () => {
    const { stdout } = await run('--json', '--assume', 'keysPerEvent=0', '--assume', 'processMs=90');
    const { assumptions, sitebeat, prices } = JSON.parse(stdout);
    assert.deepEqual([assumptions.keysPerEvent, assumptions.processMs], [0, 90]);
    assert.equal(sitebeat['BigQuery, index'], 0);
    assert.match(prices.read, /^20\d\d-\d\d$/);
  });

  for (const args of [
    ['--assume', 'nothing=1'],
    ['--assume', 'processMs=fast'],
    ['--bytes', '-1'],
    ['--assume', 'utilization=0'],
  ])
    it(`refuses ${args.join(' ')}`, async () => assert.equal((await run(...args)).exitCode, 2));
});
