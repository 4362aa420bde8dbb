import type { Release } from '../../../../shared/figures/documents.ts';
import type { AdvisoriesAnswer } from '../../api.ts';
import { projectApi } from '../api-client.ts';
import { daysAxis } from '../charts/axis.ts';
import { ChartFigure } from '../charts/chart-figure.tsx';
import { releaseMarks } from '../charts/chart-frame.tsx';
import { LineChart } from '../charts/line-chart.tsx';
import { counted, formatCount, formatDay } from '../format.ts';
import { AnswerOf, Panel } from '../parts/panel.tsx';
import { projectHref } from '../url-state.ts';
import { useAnswer } from '../use-answer.ts';

type Advisory = AdvisoriesAnswer['advisories'][number];

/** How many sites run a version with a hole? */
export function AdvisoriesPanel({ slug, releases }: { slug: string; releases: Release[] }) {
  const advisories = useAnswer<AdvisoriesAnswer>(projectApi(slug, '/advisories'));
  return (
    <AnswerOf of={advisories} what="The advisories">
      {(data) =>
        data.advisories.length === 0 ? (
          <Panel title="Advisories" info={{ of: 'advisories' }}>
            <p class="soft">
              None. Tell of a hole, and see here how many sites still run it:{' '}
              <code>npx sitebeat projects update {slug} --advisory</code>
            </p>
          </Panel>
        ) : (
          <div class="stack">
            {data.advisories.map((advisory) => (
              <AdvisoryChart
                key={advisory.id}
                slug={slug}
                advisory={advisory}
                through={data.through}
                releases={releases}
              />
            ))}
          </div>
        )
      }
    </AnswerOf>
  );
}

interface AdvisoryChartProps {
  slug: string;
  advisory: Advisory;
  through: string;
  releases: Release[];
}

function AdvisoryChart({ slug, advisory, through, releases }: AdvisoryChartProps) {
  const { id, title, affected, fixedIn, publishedAt, sites, days, daysToHalfFixed } = advisory;
  const fixed =
    daysToHalfFixed === null
      ? 'Half of them are not fixed yet'
      : `Half were fixed within ${counted(daysToHalfFixed, 'day')}`;
  const partialFrom = days.filter(({ day }) => day <= through).length;
  const dates = days.map(({ day }) => day);
  const axis = daysAxis(dates, 'day', partialFrom);
  return (
    <ChartFigure
      id={`advisory-${id}`}
      title={`${id}: ${title}`}
      info={{ of: 'advisories', base: sites.base }}
      summary={`${counted(sites.sites, 'site')} ${sites.sites === 1 ? 'runs' : 'run'} ${affected}. ${fixed}. Published on ${formatDay(publishedAt)}, fixed in ${fixedIn}.`}
      period={`From ${formatDay(publishedAt)}`}
      table={{
        columns: ['Day (UTC)', 'Affected sites'],
        rows: days.map((one) => [one.day, one.sites]),
        format: formatCount,
        nameOf: axis.nameOf,
      }}
    >
      <p>
        <a href={projectHref(slug, 'sites', { state: 'active', versionBelow: fixedIn })}>The sites below {fixedIn}</a>
      </p>
      <LineChart
        id={`advisory-${id}`}
        label={`Sites affected by ${id}, by day`}
        axis={axis}
        lines={[{ name: 'affected', label: 'Affected sites', values: days.map((one) => one.sites) }]}
        format={formatCount}
        partialFrom={partialFrom}
        marks={releaseMarks(dates, releases)}
        fromZero
        height={180}
      />
    </ChartFigure>
  );
}
