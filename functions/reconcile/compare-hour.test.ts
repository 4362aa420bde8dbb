import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hourPrefix, KINDS, type Kind } from '../../shared/event/object-name.ts';
import { compareHour } from './compare-hour.ts';

async function* streamed<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}

describe('compareHour', () => {
  const event = fc.record({ kind: fc.constantFrom(...KINDS), id: fc.stringMatching(/^[0-9A-Za-z_-]{1,3}$/) });
  const hour = new Date('2026-03-09T07:00:00.000Z');
  const keyOf = ({ kind, id }: { kind: Kind; id: string }) => `${hourPrefix(kind, hour)}${id}.json`;
  // as Cloud Storage lists them
  const inOrder = <T extends { kind: Kind; id: string }>(listed: T[]) =>
    listed.sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const events = fc.uniqueArray(event, { selector: keyOf, maxLength: 30 });

  it('gives each object once, and says of each whether it is recorded', () =>
    fc.assert(
      fc.asyncProperty(events, events, async (stored, recorded) => {
        const objects = inOrder(stored.map((one) => ({ ...one, name: keyOf(one) })));
        const rows = inOrder(recorded);
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
