import assert from 'node:assert/strict';
import type { Release } from '../../../../shared/figures/documents.ts';
import { shareOf } from '../../../../shared/figures/intervals.ts';
import { inProof } from '../../../../shared/testing/in-proof.ts';
import type { OverviewAnswer, ProjectsAnswer, RatesAnswer, ReleasesAnswer, SupportAnswer } from '../../api.ts';
import { NOW } from './dashboard-page.ts';
import { fixtureAnswer } from './fixture-answers.ts';
import { GENERATION } from './fixture-figures.ts';
import type { OpenPage } from './open-page.ts';

/** What it says of answers that are missing, old, empty or few. */
export function describeAnswers(on: OpenPage): void {
  describe('what it says of its answers', () => {
    /** Answers of one path are others. */
    const answer = (path: string, body: unknown, status = 200) => {
      on.server.instead = ({ pathname }) => (pathname === `/api/v1${path}` ? { status, body } : undefined);
    };

    it('says what to do without identity', async () => {
      on.server.instead = ({ pathname }) =>
        pathname.startsWith('/api/')
          ? { status: 401, body: { title: 'Nobody is signed in', status: 401, instance: 'req_1' } }
          : undefined;
      await on.dashboard.open('/p/my-forms');
      assert.match(await on.dashboard.text(), /You are not signed in.*npm start/s);
    });

    it('keeps the page when a panel fails, with the request to tell of, and tries again', async () => {
      answer(
        '/projects/my-forms/advisories',
        { title: 'A store is out of reach', status: 503, instance: 'req_8f2c' },
        503,
      );
      await on.dashboard.open('/p/my-forms/adoption');
      const failed = on.dashboard.page.getByRole('alert');
      assert.match(
        await failed.innerText(),
        /The advisories could not be loaded\. A store is out of reach\..*req_8f2c/s,
      );
      assert.match(await on.dashboard.text('.answer'), /^3\.2\.0, out for 9 days, runs on 59%/);
      on.server.instead = () => undefined;
      await failed.getByRole('button', { name: 'Retry' }).click();
      await on.dashboard.page.getByRole('heading', { name: '2026-2: Stored XSS in the entries list' }).waitFor();
      assert.equal(await failed.count(), 0);
    });

    it('asks once more when a panel is of an older rebuild than another', async () => {
      const of = (generation: number) => ({
        ...(fixtureAnswer('/api/v1/projects/my-forms/advisories', new URLSearchParams()) as object),
        generation,
      });
      let asked = 0;
      on.server.instead = ({ pathname }) => {
        if (!pathname.endsWith('/advisories')) return undefined;
        asked += 1;
        return { status: 200, body: of(asked === 1 ? GENERATION - 1 : GENERATION) };
      };
      await on.dashboard.open('/p/my-forms/adoption');
      assert.equal(asked, 2);
      asked = -99;
      await on.dashboard.open('/p/my-forms/adoption');
      assert.equal(asked, -98, 'an answer of the same rebuild is not asked for again');
    });

    inProof('does not ask for ever when an older rebuild is all that comes', async () => {
      let asked = 0;
      const old = fixtureAnswer('/api/v1/projects/my-forms/advisories', new URLSearchParams()) as object;
      on.server.instead = ({ pathname }) => {
        if (!pathname.endsWith('/advisories')) return undefined;
        asked += 1;
        return { status: 200, body: { ...old, generation: GENERATION - 1 } };
      };
      await on.dashboard.open('/p/my-forms/adoption');
      assert.equal(asked, 2);
    });

    it('warns when the figures are more than two hours old, and only then', async () => {
      await on.dashboard.open('/p/my-forms');
      assert.match(
        await on.dashboard.text('.freshness'),
        /Data through 24 Nov 2026 \(UTC\).*rebuilt 12 minutes ago.*newest report 40 sec/s,
      );
      assert.equal(await on.dashboard.page.locator('.notice').count(), 0);
      await on.dashboard.page.clock.setFixedTime(NOW + 2 * 3_600_000);
      await on.dashboard.open('/p/my-forms');
      assert.match(await on.dashboard.text('.notice'), /^These figures are late: the last rebuild was 2 hours ago/);
    });

    it('says why there is nothing, and what to do about it', async () => {
      answer('/projects', { projects: [] });
      await on.dashboard.open('/');
      assert.match(await on.dashboard.text(), /npx sitebeat projects create --name/);
      answer('/projects/my-forms/overview', { title: 'There are no figures yet', status: 409, instance: 'req_1' }, 409);
      await on.dashboard.open('/p/my-forms');
      assert.match(await on.dashboard.text(), /No figures yet/);
      // a project of which there are none
      for (const page of ['', '/adoption', '/environment', '/deactivations']) {
        await on.dashboard.open(`/p/other${page}`);
        assert.match(await on.dashboard.text(), /No figures yet\s+Point the plugin.*add_filter\( 'appsero_endpoint'/s);
        assert.equal((await on.dashboard.text()).match(/No figures yet/g)?.length, 1);
      }
      answer('/projects/my-forms/sites', { items: [], next: null, complete: true });
      await on.dashboard.open('/p/my-forms/sites?state=left&version=9.9');
      assert.match(
        await on.dashboard.text('section[aria-label=Sites]'),
        /No site fits all of these filters\..*State: left ×.*Version: 9\.9 ×/s,
      );
      await on.dashboard.open('/p/nobodys');
      assert.match(await on.dashboard.text(), /There is no project of that name, or you have no role in it\./);
    });

    it('tells a project whose sites are gone from one that never had any, and that it is archived', async () => {
      const of = <Body>(path: string) => fixtureAnswer(`/api/v1${path}`, new URLSearchParams()) as Body;
      const { projects } = of<ProjectsAnswer>('/projects');
      const overview = of<OverviewAnswer>('/projects/my-forms/overview');
      const none = overview.chart.days.map(() => null);
      const gone = {
        ...overview,
        sentence: [{ kind: 'active', sites: 0, change: null, days: 28 }],
        figures: { ...overview.figures, active: { ...overview.figures.active, value: 0 } },
        chart: {
          ...overview.chart,
          active: none,
          flows: Object.fromEntries(Object.keys(overview.chart.flows).map((flow) => [flow, none])),
        },
      };
      on.server.instead = ({ pathname }) => {
        if (pathname === '/api/v1/projects')
          return { status: 200, body: { projects: [{ ...projects[0], archived: true }] } };
        return pathname.endsWith('/overview') ? { status: 200, body: gone } : undefined;
      };
      await on.dashboard.open('/p/my-forms');
      assert.match(
        await on.dashboard.text(),
        /This project is archived.*0 sites use My Forms\..*No site was active on these days\./s,
      );
      answer('/projects/my-forms/overview', { ...gone, dimensions: ['active', 'flows'] });
      await on.dashboard.open('/p/my-forms');
      assert.match(await on.dashboard.text(), /No site has reported yet\..*add_filter/s);
    });

    it('says in its first days what it is too early for, and draws no empty chart of it', async () => {
      const of = <Body>(path: string) =>
        fixtureAnswer(`/api/v1/projects/my-forms${path}`, new URLSearchParams()) as Body;
      const support = of<SupportAnswer>('/support');
      answer('/projects/my-forms/support', {
        ...support,
        weeks: [],
        forecast: { kind: 'too-few', weeks: 0, sites: 0 },
      });
      await on.dashboard.open('/p/my-forms/environment');
      assert.match(await on.dashboard.text('.answer'), /it takes 8 complete weeks, and there are 0 so far\.$/);
      assert.equal(await on.dashboard.page.locator('figure .chart').count(), 0);

      const releases = of<ReleasesAnswer>('/releases');
      const [newest] = releases.releases as [Release];
      const nobody = { days: 2, ...shareOf(0, 0) };
      const adoption = [{ day: newest.releasedOn, now: nobody, known: shareOf(91, 100) }];
      answer('/projects/my-forms/releases', { ...releases, releases: [{ ...newest, adoption, daysToHalf: null }] });
      await on.dashboard.open('/p/my-forms/adoption');
      assert.match(
        await on.dashboard.text('.answer'),
        /runs on 91% of all active sites; none from before its release has reported lately\./,
      );
      assert.doesNotMatch(await on.dashboard.text(), /not yet/);

      const rates = of<RatesAnswer>('/rates');
      const few = { ...rates.overall, count: 4, sites: 3, rate: null, low: null, high: null };
      answer('/projects/my-forms/rates', { ...rates, overall: few });
      await on.dashboard.open('/p/my-forms/deactivations');
      assert.match(await on.dashboard.text('.answer'), /^Too few left to tell a rate: 4 sites in 28 days\./);
    });

    inProof('compares reasons with the days before, and with nothing where there are no figures of them', async () => {
      await on.dashboard.open('/p/my-forms/deactivations');
      const reason = on.dashboard.page.getByRole('row', { name: /found a better plugin/ }).first();
      assert.match(await reason.innerText(), /\s[+-]?\d+$/);
      await on.dashboard.open('/p/my-forms/deactivations?period=364d');
      assert.match(await reason.innerText(), /\s–$/);
    });

    inProof('goes to the only project there is', async () => {
      const { projects } = fixtureAnswer('/api/v1/projects', new URLSearchParams()) as { projects: unknown[] };
      answer('/projects', { projects: projects.slice(0, 1) });
      await on.dashboard.open('/');
      await on.dashboard.page.waitForURL('**/p/my-forms');
    });
  });
}
