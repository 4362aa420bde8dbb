import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KINDS } from '../../shared/event/object-name.ts';
import { compareHour } from './compare-hour.ts';

async function* streamed<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}

describe('compareHour', () => {
  const event = fc.record({ kind: fc.constantFrom(...KINDS), id: fc.stringMatching(/^[0-9A-Za-z_-]{1,3}$/) });
  const keyOf = ({ kind, id }: { kind: string; id: string }) => `${kind} ${id}`;
  const inOrder = <T extends { kind: string; id: string }>(events: T[]) =>
    events.sort((one, other) =>
      one.kind === other.kind ? (one.id < other.id ? -1 : 1) : one.kind < other.kind ? -1 : 1,
    );
  const events = fc.uniqueArray(event, { selector: keyOf, maxLength: 30 });

  it('gives each object once, and says of each whether it is recorded', () =>
    fc.assert(
      fc.asyncProperty(events, events, async (stored, recorded) => {
        const objects = inOrder(stored.map((one) => ({ ...one, name: keyOf(one) })));
        const rows = inOrder(
          recorded.map((one) => ({ ...one, inHistory: true, siteKey: null, receivedAt: '2026-03-09T07:00:00.000Z' })),
        );
        const known = new Set(recorded.map(keyOf));
        const pairs: [string, boolean][] = [];
        for await (const { object, recorded: row } of compareHour(streamed(objects), streamed(rows))) {
          pairs.push([object.name, row !== null && keyOf(row) === object.name]);
        }
        assert.deepEqual(
          pairs,
          objects.map(({ name }) => [name, known.has(name)]),
        );
      }),
    ));
});
