import assert from 'node:assert/strict';
import { addDays, type Day, daysBetween } from '../../shared/figures/days.ts';
import { ACTIVE_DAYS } from '../../shared/figures/definitions.ts';
import { BusyError, TransientError } from '../../shared/runtime/errors.ts';
import { type LateDays, openLateDays } from '../../shared/stores/figures/late-days.ts';
import { openLeases } from '../../shared/stores/figures/leases.ts';
import type { Derivation } from '../../shared/stores/history/derived-tables.ts';
import type { Latest } from '../../shared/stores/mongodb.ts';
import { IS_PROOF } from '../../shared/testing/in-proof.ts';
import { ownDatabase } from '../../shared/testing/stores.ts';
import { rebuild, type Stores } from './rebuild.ts';

const FIRST = '2026-02-01';
const TODAY = '2026-03-31';
/** Of the steps after which a run is killed, every one, or every third. */
const STRIDE = IS_PROOF ? 1 : 3;
/** So far a life reaches, and with it what a day changes. */
const REACH = 45;

const days = (from: Day, to: Day): Day[] =>
  Array.from({ length: daysBetween(from, to) + 1 }, (_, further) => addDays(from, further));
const dayOf = (value: unknown): Day => (value as { value: Day }).value;

/** BigQuery, of which is known only what is made of what: each day of the history is a number that every change raises. */
class Tables {
  history = new Map<Day, number>(days(FIRST, TODAY).map((day) => [day, 1]));
  siteDays = new Map<Day, number>();
  /** What the lives know of each day. */
  lives = new Map<Day, number>();
  projectDays = new Map<Day, string>();
  replaced: string[] = [];

  replace({ table, day = '' }: { table: string; day?: Day }, { params }: Derivation): void {
    this.replaced.push(`${table} ${day}`);
    if (table === 'site_days') this.siteDays.set(day, this.history.get(day) ?? 0);
    else if (table === 'project_days') this.projectDays.set(day, this.figuresOf(day, this.siteDays, this.lives));
    else
      for (const of of days(addDays(dayOf(params.window_from), ACTIVE_DAYS), dayOf(params.today))) {
        this.lives.set(of, this.siteDays.get(of) ?? 0);
      }
  }

  query({ sql, params }: Derivation): { day: Day }[] {
    if (sql.includes('first day')) return [{ day: FIRST }];
    if (!sql.includes('The days whose figures')) return [];
    const today = dayOf(params.today);
    const changed = [...this.siteDays].filter(([day, version]) => this.lives.get(day) !== version);
    const reached = changed.flatMap(([day]) => days(day, addDays(day, REACH))).filter((day) => day <= today);
    return [...new Set(reached)].map((day) => ({ day }));
  }

  figuresOf(day: Day, siteDays: Map<Day, number>, lives: Map<Day, number>): string {
    const said = days(addDays(day, -ACTIVE_DAYS), day).map((one) => siteDays.get(one) ?? 0);
    const lived = days(addDays(day, -REACH), day).map((one) => lives.get(one) ?? 0);
    return JSON.stringify([said, lived]);
  }

  /** As if the history had always been as it is. */
  ofNothing(today: Day): Map<Day, string> {
    return new Map(days(FIRST, today).map((day) => [day, this.figuresOf(day, this.history, this.history)]));
  }
}

describe('rebuild, whatever befalls it', function () {
  this.timeout(60_000);
  let latest: Latest;
  let lateDays: LateDays;
  let tables: Tables;
  let published: Map<Day, string>;
  let logged: string[];
  before(() => {
    latest = ownDatabase();
    lateDays = openLateDays(latest.db);
  });
  beforeEach(async () => {
    tables = new Tables();
    published = new Map();
    logged = [];
    for (const name of ['lateDays', 'leases']) await latest.db.collection(name).deleteMany({});
  });
  after(async () => {
    await latest.db.dropDatabase();
    await latest.close();
  });

  const openStores = (): Stores => ({
    history: {
      query: async (sql, params) => tables.query({ sql, params }),
      async *stream() {},
    },
    tables: { replace: async (place, derivation) => tables.replace(place, derivation), bytesOf: async () => 0 },
    lateDays,
    leases: openLeases(latest.db),
    copies: {
      note: async (copies) => {
        for await (const _ of copies);
      },
    },
    projects: { customFieldKeys: async () => [] },
    publish: async ({ days: changed, full }) => {
      for (const day of full ? tables.projectDays.keys() : changed)
        published.set(day, tables.projectDays.get(day) ?? 'none');
      return { projects: 1, failed: 0 };
    },
    log: (severity, message) => logged.push(`${severity} ${message}`),
  });
  const at = (hour: number, day = TODAY) => new Date(`${day}T${String(hour).padStart(2, '0')}:07:00Z`);
  const run = (now: Date, stores = openStores()) => rebuild(stores, { now });
  const change = (day: Day) => tables.history.set(day, (tables.history.get(day) ?? 0) + 1);
  const comesLate = async (day: Day) => {
    change(day);
    await lateDays.mark(day);
  };
  const sorted = (map: Map<Day, string>) => [...map].sort();
  const assertRight = (today = TODAY) => {
    const expected = sorted(tables.ofNothing(today));
    assert.deepEqual(sorted(tables.projectDays), expected);
    assert.deepEqual(sorted(published), expected);
  };

  const isStore = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !(value instanceof Date);

  /** The process is killed after its nth call of a store, which is before the next one. */
  function killed(stores: Stores, nth: number): { stores: Stores; isDead: () => boolean } {
    let [calls, figures, isKilled] = [0, 0, false];
    const guard = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (of, key) => {
          const member = Reflect.get(of, key);
          if (typeof member !== 'function') return isStore(member) ? guard(member) : member;
          if (key === 'log' || key === 'stream') return member;
          return async (...args: unknown[]) => {
            // one day's figures are like another's
            const isFigures = key === 'bytesOf' || (args[0] as { table?: string })?.table === 'project_days';
            if (isFigures) figures += 1;
            if (!isFigures || figures <= 4) calls += 1;
            if (isKilled) throw new Error('killed');
            const result = await member.apply(of, args);
            isKilled ||= calls >= nth;
            if (isKilled) throw new Error('killed');
            return key === 'take' ? guard(result) : result;
          };
        },
      });
    return { stores: guard(stores), isDead: () => isKilled };
  }
  /** The process is killed at its nth day of a table. */
  function killedAt(nth: number): Stores {
    const stores = openStores();
    const { replace } = stores.tables;
    let left = nth;
    stores.tables.replace = async (place, derivation) => {
      if (place.table !== 'site_lives') left -= 1;
      if (left < 0) throw new Error('killed');
      await replace(place, derivation);
    };
    return stores;
  }
  const expireLease = () => latest.db.collection('leases').updateOne({}, { $set: { until: new Date(0) } });

  it('makes good with the next run what was killed after any step (some of them but in npm run proof:ci)', async () => {
    await run(at(8));
    assertRight();
    for (let nth = 1, isAlive = true; isAlive; nth += STRIDE) {
      await comesLate('2026-02-20');
      await comesLate('2026-03-29');
      change(TODAY);
      const victim = killed(openStores(), nth);
      await run(at(9), victim.stores).catch((error) => assert.equal(error.message, 'killed'));
      isAlive = victim.isDead();
      await expireLease();
      if (nth % 2 === 0) await comesLate('2026-03-05');
      await run(at(10));
      assertRight();
      assert.deepEqual(await lateDays.waiting(TODAY, 9), []);
    }
  });

  it('goes on where the first run of all was killed', async () => {
    const victim = killed(openStores(), 60);
    await assert.rejects(run(at(8), victim.stores), /killed/);
    const made = new Set(tables.replaced);
    assert.ok(made.size > 10);
    await expireLease();
    tables.replaced = [];
    await run(at(9));
    const again = tables.replaced.filter((place) => place.startsWith('site_days') && made.has(place));
    // those under way, and today, which goes on
    assert.ok(again.length <= 5, again.join());
    assertRight();
  });

  it('ends in the end when each of its first runs is killed, for each begins with what the one before left', async () => {
    let runs = 1;
    for (; published.size === 0; runs += 1) {
      await run(at(8), killedAt(15)).catch((error) => assert.equal(error.message, 'killed'));
      await expireLease();
      if (runs === 2) await comesLate('2026-02-20');
      assert.ok(runs < 20, `${runs} runs`);
    }
    assertRight();
    assert.deepEqual(await lateDays.waiting(TODAY, 9), []);
  });

  it('looks again at the day on which a first run was killed, when it ends on another', async () => {
    const yesterday = addDays(TODAY, -1);
    await assert.rejects(run(at(22, yesterday), killedAt(80)), /killed/);
    change(yesterday);
    await run(at(3));
    assertRight();
  });

  it('is done by one of two that begin at once', async () => {
    const outcomes = await Promise.allSettled([run(at(8)), run(at(8))]);
    const [refused, ...more] = outcomes.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    assert.ok(refused?.reason instanceof BusyError);
    assert.equal(more.length, 0);
    assertRight();
  });

  it('looks at a day by itself until it has been over for two hours, and however long no run came', async () => {
    const yesterday = addDays(TODAY, -1);
    await run(at(22, yesterday));
    change(yesterday);
    await run(at(1));
    assertRight();
    change(yesterday);
    await run(at(2));
    assertRight();
    tables.replaced = [];
    await run(at(3));
    assert.ok(!tables.replaced.some((place) => place.endsWith(yesterday)), 'it is closed');
    for (const day of days(TODAY, addDays(TODAY, 5))) change(day);
    await run(at(12, addDays(TODAY, 5)));
    assertRight(addDays(TODAY, 5));
  });

  it('does 40 late days a run, the oldest first, and the others in the next', async () => {
    await run(at(8));
    for (const day of days(FIRST, '2026-03-20')) await comesLate(day);
    await run(at(9));
    assert.deepEqual(
      (await lateDays.waiting(TODAY, 99)).map(({ _id }) => _id),
      days(addDays(FIRST, 40), '2026-03-20'),
    );
    await run(at(10));
    assertRight();
  });

  it('does a day again of which more came while it was done', async () => {
    await run(at(8));
    await comesLate('2026-03-01');
    const stores = openStores();
    const { publish } = stores;
    stores.publish = async (published) => {
      await comesLate('2026-03-01');
      return publish(published);
    };
    await run(at(9), stores);
    await run(at(10));
    assertRight();
  });

  it('publishes what it made also when it cannot note which sites are copies, and says so', async () => {
    const stores = openStores();
    const failing = async function* (): AsyncIterable<Record<string, unknown>> {
      yield { project_hash: 'p', site: 'a.example', copy_of: 'b.example' };
      throw new TransientError('the history failed', { cause: undefined });
    };
    await run(at(8), { ...stores, history: { ...stores.history, stream: failing } });
    assertRight();
    assert.deepEqual(logged, ['WARNING copies not noted']);
  });
});
