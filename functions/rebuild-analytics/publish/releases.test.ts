import assert from 'node:assert/strict';
import { calculateObjectSize } from 'bson';
import fc from 'fast-check';
import { addDays, type Day } from '../../../shared/figures/days.ts';
import { AGE_BANDS, KEPT } from '../../../shared/figures/definitions.ts';
import type { ReleasesDocument } from '../../../shared/figures/documents.ts';
import type { FigureRow } from './figure-rows.ts';
import { windowOf } from './publish-figures.ts';
import { type KnownReleases, releasesOf } from './releases.ts';

const START = '2026-01-01';
/** Sites on each version, on one day after the other. */
type Past = Record<string, number>[];
type Releases = Pick<ReleasesDocument, 'releases' | 'others' | 'medianDaysToHalf'>;

const NOTHING: KnownReleases['earlier'] = { releases: [], others: [] };

/** Every site reports every day, and has before; those on 66.0 never. */
function rowOf(past: Past, from: Day): FigureRow {
  const days = past.map((sites, since) => ({ day: addDays(START, since), sites })).filter(({ day }) => day >= from);
  const each = days.flatMap(({ day, sites }) =>
    Object.entries(sites).map(([version, count]) => ({ day, version, sites: count })),
  );
  return {
    project_hash: 'p',
    days: days.map(({ day, sites }) => ({
      ...{ day, went_silent: 0 },
      active: Object.values(sites).reduce((sum, count) => sum + count, 0),
    })),
    exposure: [],
    reports: each.map((one) => ({ ...one, age_days: one.version.startsWith('66.0') ? 0 : 60 })),
    versions: each,
    neighbours: [],
  };
}

const NOBODY: KnownReleases['said'] = new Map();

/** As a rebuild of the day after leaves it, which goes on from what one before left, or makes everything. */
function rebuild(past: Past, earlier?: KnownReleases['earlier'], said = NOBODY): Releases | null {
  const through = addDays(START, past.length - 1);
  const window = windowOf({ days: [through], through }, earlier === undefined);
  return releasesOf(rowOf(past, window.releasesFrom), { earlier: earlier ?? NOTHING, said }, window);
}

function ofNothing(past: Past, said = NOBODY): Releases {
  return rebuild(past, undefined, said) as Releases;
}

/** As rebuilds leave it that come after so many days each, the last one in the end. */
function rebuilt(past: Past, every: number): Releases {
  let made = ofNothing(past.slice(0, 1));
  for (let days = 1; days < past.length; ) {
    days = Math.min(days + every, past.length);
    const known = past.slice(0, days);
    made = rebuild(known, made) ?? ofNothing(known);
  }
  return made;
}

const versionsOf = ({ releases }: Releases) => releases.map(({ version }) => version);
const lasting = (days: number, sites: Record<string, number>): Past => Array.from({ length: days }, () => sites);
/** Each of these versions is posted in the name of so many sites. */
const forged = (versions: number, sites: number) =>
  Object.fromEntries(Array.from({ length: versions }, (_, n) => [`99.0.${n}`, sites]));
const REAL = { '2.9.0': 4, '3.0.0': 150, '3.1.0': 300, '3.2.0': 200 };
const REAL_NAMES = ['3.2.0', '3.1.0', '3.0.0'];

describe('the releases of a project', () => {
  it('has no version that only a few sites reported, and has it once one in a hundred ran it, or the author says so', () => {
    const past = [...lasting(3, REAL), { ...REAL, '99.0.0': 6 }];
    assert.deepEqual(versionsOf(ofNothing(past)), REAL_NAMES);
    assert.deepEqual(versionsOf(ofNothing([...past, { ...REAL, '99.0.0': 8 }])), ['99.0.0', ...REAL_NAMES]);
    const said = new Map([['99.0.0', addDays(START, 3)]]);
    assert.deepEqual(versionsOf(ofNothing(past, said)), ['99.0.0', ...REAL_NAMES]);
    assert.deepEqual(versionsOf(ofNothing([{ '1.0.0': 2 }])), []);
    assert.deepEqual(versionsOf(ofNothing([{ '1.0.0': 3 }])), ['1.0.0']);
  });

  it('has none of made-up sites, however many they are, and however small the project is', () => {
    for (const sites of [3, 60, 5000]) {
      const past = [...lasting(3, { '1.0.0': 4, '1.1.0': 5 }), { '1.0.0': 4, '1.1.0': 5, '66.0': sites, '66.0.1': 3 }];
      assert.deepEqual(versionsOf(ofNothing(past)), ['1.1.0', '1.0.0']);
    }
  });

  for (const { title, posts } of [
    { title: 'by 180 posts of 60 versions', posts: { ...REAL, ...forged(60, 3) } },
    { title: 'by 10,000 posts of 200 versions', posts: { ...REAL, ...forged(200, 50) } },
  ])
    it(`keeps the real ones, and each its day, ${title}, now and ever after`, () => {
      const before = lasting(120, REAL);
      const after = lasting(100, REAL);
      for (const past of [
        [...before, posts],
        [...before, posts, ...after],
      ]) {
        const { releases } = rebuilt(past, 5);
        assert.deepEqual(
          releases.map(({ version, releasedOn }) => [version, releasedOn]),
          REAL_NAMES.map((version) => [version, START]),
        );
      }
    });

  it('keeps 60: those of the author, then those that most sites ran, and of them the 20 newest with their adoption', () => {
    const shares = (from: number, sites: number) =>
      Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`${from + n}.0`, sites]));
    // ten versions a day: of the last days the higher versions, of the first the more sites
    const past = Array.from({ length: 8 }, (_, day) => ({ ...shares(1 + 10 * day, 20 - day), 0.1: 20 * day }));
    const { releases, others } = ofNothing(past, new Map([['80.0', addDays(START, 7)]]));
    assert.equal(releases.length, 60);
    assert.equal(releases[0]?.version, '80.0');
    assert.ok(['1.0', '58.0'].every((version) => releases.some((one) => one.version === version)));
    assert.ok(others.some(({ version }) => version === '79.0'));
    assert.deepEqual(
      releases.map(({ adoption }) => adoption.length > 0),
      releases.map((_, place) => place < 20),
    );
  });

  it('stay below a megabyte, however long their names and whatever is posted', () => {
    const name = (n: number) => `${n}.0-`.padEnd(100, '商');
    const ages = AGE_BANDS.map(({ name: age }) => age);
    const past = lasting(75, Object.fromEntries(Array.from({ length: 20 }, (_, n) => [name(n), 100])));
    const later = [1, 2, 3].map((day) =>
      Object.fromEntries(Array.from({ length: 19 }, (_, n) => [name(20 * day + n), 100])),
    );
    const others = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [name(100 + n), 3]));
    const row = rowOf([...later, ...past, others], START);
    row.exposure = row.versions.flatMap(({ day, version }) =>
      ages.map((age) => ({ day, version, age, at_risk: 1000, left_sites: 300 })),
    );
    const through = addDays(START, 78);
    const made = releasesOf(row, { earlier: NOTHING, said: NOBODY }, windowOf({ days: [through], through }, true));
    assert.deepEqual([made?.releases.length, made?.others.length], [60, 200]);
    const bytes = calculateObjectSize(made ?? {});
    assert.ok(bytes < KEPT.documentBytes, `${bytes} bytes`);
  });

  it('takes no later day for the first of a version that is none yet, or that had no place', () => {
    const few = { old: 500, '3.0.0': 4 };
    const past = [...lasting(150, few), ...lasting(3, { old: 100, '3.0.0': 100 })];
    const [release] = rebuilt(past, 7).releases;
    assert.deepEqual([release?.version, release?.releasedOn], ['3.0.0', START]);
    assert.deepEqual(rebuilt(past, 7), ofNothing(past));
  });

  it('are the same by rebuilds that go on and by one of everything', () => {
    const version = fc.record({
      from: fc.nat(200),
      sites: fc.constantFrom(2, 3, 5, 40, 300),
      until: fc.nat(200),
    });
    fc.assert(
      fc.property(fc.array(version, { maxLength: 6 }), fc.integer({ min: 1, max: 25 }), (versions, every) => {
        const past = Array.from({ length: 200 }, (_, day) => ({
          0: 60,
          ...Object.fromEntries(
            versions.flatMap(({ from, until, sites }, n) =>
              day >= from && day <= until ? [[`${n + 1}.0`, sites]] : [],
            ),
          ),
        }));
        const followed = ({ releases, others, medianDaysToHalf }: Releases) => ({
          releases: releases.map(({ alert: _, ...release }) => release),
          ...{ others, medianDaysToHalf },
        });
        assert.deepEqual(followed(rebuilt(past, every)), followed(ofNothing(past)));
      }),
      { numRuns: 15 },
    );
  });
});
