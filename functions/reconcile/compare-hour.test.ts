import assert from 'node:assert/strict';
import fc from 'fast-check';
import { KINDS } from '../../shared/event/object-name.ts';
import { compareHour } from './compare-hour.ts';

async function* streamed<T>(items: T[]): AsyncGenerator<T> {
  yield* items;
}

describe('compareHour', () => {
  const event = fc.record({ kind: fc.constantFrom(...KINDS), id: fc.stringMatching(/^[0-9A-Za-z_-]{1,3}$/) });
  const nameOf = ({ kind, id }: { kind: string; id: string }) => `${kind}/${id}.json`;
  /** As Cloud Storage lists a kind's names, and BigQuery sorts: by their bytes, here one a character. */
  const inOrder = <T extends { kind: string; id: string }>(events: T[]) =>
    events.sort((one, other) => Buffer.compare(Buffer.from(nameOf(one)), Buffer.from(nameOf(other))));
  const events = fc.uniqueArray(event, { selector: nameOf, maxLength: 30 });

  it('gives each object once, with what is recorded of it and of no other', () =>
    fc.assert(
      fc.asyncProperty(events, events, async (stored, recorded) => {
        const objects = inOrder(stored.map((one) => ({ ...one, name: nameOf(one) })));
        const rows = inOrder(
          recorded.map((one) => ({ ...one, record: 'history' as const, key: null, receivedAt: new Date(0) })),
        );
        const known = new Map(rows.map((row) => [nameOf(row), row]));
        const pairs: unknown[] = [];
        for await (const pair of compareHour(streamed(objects), streamed(rows))) pairs.push(pair);
        assert.deepEqual(
          pairs,
          objects.map((object) => ({ object, recorded: known.get(object.name) ?? null })),
        );
      }),
    ));

  it('tells an id from one that it begins, whose name comes first', async () => {
    const ids = ['event-1-a', 'event-1'];
    const objects = ids.map((id) => ({ kind: 'track' as const, id, name: `track/${id}.json` }));
    const rows = ids.map((id) => ({ kind: 'track' as const, id, record: 'history' as const, key: null }));
    const dated = rows.map((row) => ({ ...row, receivedAt: new Date(0) }));
    const found: unknown[] = [];
    for await (const { recorded } of compareHour(streamed(objects), streamed(dated))) found.push(recorded?.id);
    assert.deepEqual(found, ids);
  });

  it('lets go of what is recorded when it is left early', async () => {
    let isOpen = true;
    async function* rows() {
      try {
        yield { kind: 'track' as const, id: 'a', record: 'history' as const, key: null, receivedAt: new Date(0) };
      } finally {
        isOpen = false;
      }
    }
    const objects = ['a', 'b'].map((id) => ({ kind: 'track' as const, id, name: nameOf({ kind: 'track', id }) }));
    for await (const _ of compareHour(streamed(objects), rows())) break;
    assert.equal(isOpen, false);
  });
});
