import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KINDS, objectName, parseObjectName } from '../../../shared/event/object-name.ts';
import { type Only, type SelectionStores, selectObjects } from './select-objects.ts';

const HOUR_MS = 3_600_000;
const START = Date.parse('2026-03-08T00:00:00.000Z');
const HOURS = 72;

const time = fc.integer({ min: 0, max: HOURS * HOUR_MS - 1 }).map((ms) => new Date(START + ms).toISOString());
/** Some ids begin others: Cloud Storage sorts whole names, BigQuery ids. */
const id = fc.stringMatching(/^event-id(?:-[ab]){0,2}$/);
const object = fc.record({ kind: fc.constantFrom(...KINDS), receivedAt: time, id, known: fc.boolean() });
const objects = fc.uniqueArray(object, {
  selector: ({ kind, receivedAt, id: own }) => objectName(kind, receivedAt, own),
  maxLength: 40,
});
type Stored = typeof objects extends fc.Arbitrary<infer T> ? T : never;
const hour = (n: number) => new Date(START + n * HOUR_MS);
const range = fc
  .tuple(fc.integer({ min: 0, max: HOURS }), fc.integer({ min: 0, max: HOURS }))
  .map(([one, other]) => ({ from: hour(Math.min(one, other)), to: hour(Math.max(one, other)) }));

/** An archive of these objects; those that are `known` are recorded as rejected. */
function storesOf(stored: Stored) {
  const nameOf = ({ kind, receivedAt, id: own }: Stored[number]) => objectName(kind, receivedAt, own);
  const names = stored.map(nameOf).sort();
  const known = stored.filter((one) => one.known).sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const within = (from: Date, to: Date) =>
    known
      .filter(({ receivedAt }) => receivedAt >= from.toISOString() && receivedAt < to.toISOString())
      .map((one) => ({ ...one, record: 'rejection' as const, key: null, receivedAt: new Date(one.receivedAt) }));
  let listings = 0;
  const stores = {
    archive: {
      async *list(prefix: string) {
        listings += 1;
        yield* names.filter((name) => name.startsWith(prefix));
      },
    },
    recorded: {
      async *between(from: Date, to: Date) {
        yield* within(from, to);
      },
    },
    rejections: {
      hours: async ({ from, to }: { from: Date; to: Date }) =>
        [...new Set(within(from, to).map(({ receivedAt }) => Math.floor(receivedAt.getTime() / HOUR_MS)))]
          .sort((one, other) => one - other)
          .map((hours) => new Date(hours * HOUR_MS)),
      async *ofHour(from: Date) {
        yield* within(from, new Date(from.getTime() + HOUR_MS));
      },
    },
  } as unknown as SelectionStores;
  return { stores, listings: () => listings };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('selectObjects', () => {
  for (const [only, isMeant] of [
    ['all', () => true],
    ['missing', (known: boolean) => !known],
    ['rejected', (known: boolean) => known],
  ] as [Only, (known: boolean) => boolean][]) {
    it(`gives each object of the hours that is meant by '${only}' once, the oldest hour first`, () =>
      fc.assert(
        fc.asyncProperty(objects, range, fc.option(fc.constantFrom(...KINDS)), async (stored, { from, to }, kind) => {
          const found = await all(selectObjects({ from, to, only, kind: kind ?? undefined }, storesOf(stored).stores));
          const wanted = stored
            .filter((one) => isMeant(one.known) && (kind === null || one.kind === kind))
            .filter(({ receivedAt }) => receivedAt >= from.toISOString() && receivedAt < to.toISOString())
            .map((one) => objectName(one.kind, one.receivedAt, one.id));
          assert.deepEqual([...found].sort(), wanted.sort());
          const hours = found.map((name) => parseObjectName(name)?.hour.getTime() as number);
          assert.deepEqual(
            hours,
            [...hours].sort((one, other) => one - other),
          );
        }),
      ));

    it(`goes on after any object that it gave by '${only}'`, () =>
      fc.assert(
        fc.asyncProperty(objects, range, async (stored, { from, to }) => {
          const { stores } = storesOf(stored);
          const found = await all(selectObjects({ from, to, only }, stores));
          for (const [index, after] of found.entries()) {
            const rest = await all(selectObjects({ from, to, only, after }, stores));
            assert.deepEqual(rest, found.slice(index + 1));
          }
        }),
        { numRuns: 30 },
      ));
  }

  it('takes an event of which a row is missing for missing', async () => {
    const { stores } = storesOf([
      { kind: 'deactivate', receivedAt: hour(1).toISOString(), id: 'event-id-a', known: false },
      { kind: 'deactivate', receivedAt: hour(1).toISOString(), id: 'event-id-b', known: false },
    ]);
    const recorded = {
      async *between() {
        const [kind, key, receivedAt] = ['deactivate' as const, null, hour(1)];
        yield { kind, id: 'event-id-a', record: 'part' as const, key, receivedAt };
        yield { kind, id: 'event-id-b', record: 'history' as const, key, receivedAt };
      },
    };
    const found = await all(selectObjects({ from: hour(0), to: hour(3), only: 'missing' }, { ...stores, recorded }));
    assert.deepEqual(found, ['deactivate/2026/03/08/01/event-id-a.json']);
  });

  it('leaves out hours that are not asked for, and asks BigQuery nothing about them', async () => {
    const at = (n: number) => ({
      kind: 'track' as const,
      receivedAt: hour(n).toISOString(),
      id: 'event-id',
      known: false,
    });
    const { stores } = storesOf([at(1), at(2), at(30)]);
    const asked: string[] = [];
    const recorded = {
      async *between(from: Date) {
        asked.push(from.toISOString());
        yield* [];
      },
    };
    const hours = new Set([hour(2).getTime(), hour(3).getTime()]);
    const found = await all(
      selectObjects({ from: hour(0), to: hour(72), only: 'missing', hours }, { ...stores, recorded }),
    );
    assert.deepEqual(found, ['track/2026/03/08/02/event-id.json']);
    assert.deepEqual(asked, [hour(2).toISOString()]);
  });

  it('lists a whole day at once, and an hour of a broken one', async () => {
    const { stores, listings } = storesOf([]);
    await all(selectObjects({ from: hour(23), to: hour(50), only: 'all' }, stores));
    assert.equal(listings(), KINDS.length * (1 + 1 + 2));
  });
});
