import assert from 'node:assert/strict';
import type { ClientRequest } from '../../shared/simulation/simulate.ts';
import { postAll } from './post.ts';
import { DEMO_PROJECT } from './provision.ts';
import type { Requests } from './testing/count-requests.ts';
import { type RunnerProcess, requestsSoFar, untilProcessed } from './testing/runner-process.ts';

const ROUNDS = 3;
const REPORTS = 4;

/** Of a site that nobody else knows, and of nobody who could be written to. */
const REPORT: ClientRequest = {
  kind: 'track',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({
    hash: DEMO_PROJECT.hash,
    url: 'https://weekly.example.org',
    project_version: '1.0.0',
  }).toString(),
};

/** Counts what a running mesh asks of its stores. */
export function countsRequests(running: () => RunnerProcess): void {
  const report = async () => {
    const ids = await postAll(running().collect, [REPORT], { concurrency: 1 });
    await untilProcessed([running()], ids.map(String));
  };
  /** An event's share. */
  const countRound = async (): Promise<Requests> => {
    const before = await requestsSoFar(running());
    for (let count = 0; count < REPORTS; count += 1) await report();
    const after = await requestsSoFar(running());
    const each = (kind: string) => ((after[kind] ?? 0) - (before[kind] ?? 0)) / REPORTS;
    return Object.fromEntries(Object.keys(after).map((kind) => [kind, each(kind)]));
  };

  it('asks of its stores, for the weekly report of a known site, what its bill counts, and no more', async () => {
    await report();
    const rounds: Requests[] = [];
    while (rounds.length < ROUNDS) rounds.push(await countRound());
    // a schedule may come in one of them
    const least = (kind: string) => Math.min(...rounds.map((round) => round[kind] ?? 0));
    const kinds = Object.keys(rounds[0] ?? {}).filter((kind) => least(kind) > 0);
    const { 'mongodb projects.find': projects = 0, ...asked } = Object.fromEntries(
      kinds.map((kind) => [kind, least(kind)]),
    );
    assert.ok(projects <= 1, 'a project is remembered for half a minute');
    assert.deepEqual(asked, {
      'storage write': 1,
      'publish objects': 1,
      'push objects': 1,
      'storage read': 1,
      'insertAll event_keys': 1,
      'insertAll sites': 1,
      'mongodb erasures.find': 1,
      'mongodb sites.find': 1,
      'mongodb sites.update': 1,
      'mongodb optOuts.find': 1,
      'mongodb unclaimed.find': 1,
    });
  });
}
