import assert from 'node:assert/strict';
import sinon from 'sinon';
import { until } from '../../shared/testing/until.ts';
import type { Notice } from './model.ts';
import { Outbox } from './outbox.ts';

const notice = (id: number, topic = 'projects/p/topics/t'): Notice => ({ id, topic, attributes: {}, data: String(id) });

describe('outbox', () => {
  beforeEach(() => sinon.stub(console, 'error'));
  afterEach(() => sinon.restore());

  it('tries on until every notice is published, and tells of each once', async () => {
    const done: number[] = [];
    let failures = 30;
    const publish = async () => {
      failures -= 1;
      if (failures >= 0) throw new Error('down');
    };
    const outbox = new Outbox(publish, ({ id }) => done.push(id));
    for (let id = 0; id < 20; id += 1) outbox.add(notice(id));
    await until(() => done.length === 20);
    assert.deepEqual(
      done.sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, id) => id),
    );
    await outbox.stop();
  });

  it('goes on with other topics while one fails', async () => {
    const done: string[] = [];
    const publish = async (topic: string) => {
      if (topic === 'bad') throw new Error('no such topic');
    };
    const outbox = new Outbox(publish, ({ topic }) => done.push(topic));
    outbox.add(notice(1, 'bad'));
    outbox.add(notice(2, 'good'));
    await until(() => done.length === 1);
    assert.deepEqual(done, ['good']);
    await outbox.stop();
  });

  it('rests longer after each failure, up to five seconds, and one failure of many counts once', async () => {
    const clock = sinon.useFakeTimers();
    const tries: number[] = [];
    const publish = async () => {
      tries.push(Date.now());
      throw new Error('down');
    };
    const outbox = new Outbox(publish, () => {});
    for (let id = 0; id < 10; id += 1) outbox.add(notice(id));
    await clock.tickAsync(60_000);
    const times = [...new Set(tries)];
    const rests = times.slice(1).map((time, index) => time - Number(times[index]));
    assert.deepEqual(rests.slice(0, 8), [50, 100, 200, 400, 800, 1600, 3200, 5000]);
    assert.equal(Math.max(...rests), 5000);
    clock.restore();
    await outbox.stop();
  });
});
