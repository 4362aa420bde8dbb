import { addDays } from '../../../../shared/figures/days.ts';
import { DROP } from '../../../../shared/figures/definitions.ts';
import type { ReleasesAnswer, SupportAnswer } from '../../api.ts';
import { projectApi, type Query } from '../api-client.ts';
import { daysAxis } from '../charts/axis.ts';
import { ChartFigure } from '../charts/chart-figure.tsx';
import { releaseMarks } from '../charts/chart-frame.tsx';
import { LineChart } from '../charts/line-chart.tsx';
import { summaryOf } from '../charts/summary.ts';
import { counted, formatCount, formatDay, formatMonth, formatRange, formatShare, formatShareTick } from '../format.ts';
import { DraftInput } from '../parts/draft-input.tsx';
import { AnswerOf } from '../parts/panel.tsx';
import { hrefWith, navigate, projectHref, useUrl } from '../url-state.ts';
import { useAnswer } from '../use-answer.ts';

const NAMES = { php: 'PHP', wordpress: 'WordPress', mysql: 'MySQL', mariadb: 'MariaDB' } as const;
type Dropped = keyof typeof NAMES;
/** Asked about before anybody has chosen: what is most often dropped next. */
const USUAL: Record<Dropped, string> = { php: '8.0', wordpress: '6.2', mysql: '8.0', mariadb: '10.6' };
const USUAL_THRESHOLD = '5';
const THRESHOLDS = ['0.5', '1', '2', '5', '10', '20'];

/** Can I drop what is below a version? */
export function DropQuestion({ slug }: { slug: string }) {
  const { query } = useUrl();
  const asked = query.get('drop');
  const dimension: Dropped = asked !== null && asked in NAMES ? (asked as Dropped) : 'php';
  const below = query.get('below') ?? USUAL[dimension];
  const threshold = query.get('threshold') ?? USUAL_THRESHOLD;
  const support = useAnswer<SupportAnswer>(
    projectApi(slug, '/support', { dimension, below, threshold } satisfies Query),
  );
  const releases = useAnswer<ReleasesAnswer>(projectApi(slug, '/releases'));
  return (
    <>
      <AnswerOf of={support} what="The answer" isTall>
        {(data) => (
          <>
            <p class="answer">
              <DropAnswer slug={slug} data={data} />
            </p>
            <DropForm dimension={dimension} below={below} threshold={threshold} spread={data.spread} />
            <div class="after">
              <WeeksChart data={data} releases={releases.data?.releases ?? []} />
            </div>
          </>
        )}
      </AnswerOf>
      {support.error && !support.data && (
        <DropForm dimension={dimension} below={below} threshold={threshold} spread={[]} />
      )}
    </>
  );
}

function DropAnswer({ slug, data }: { slug: string; data: SupportAnswer }) {
  const { dimension, below, now, newest, forecast, thresholdPercent } = data;
  const { share, sites } = now.below;
  const filter =
    dimension === 'php' || dimension === 'wordpress'
      ? { [`${dimension}Below`]: below }
      : { databaseBelow: `${NAMES[dimension]} ${below}` };
  return (
    <>
      <b>{share === null ? 'No site' : formatShare(share)}</b> (
      <a href={projectHref(slug, 'sites', { state: 'active', ...filter })}>{counted(sites, 'site')}</a>){' '}
      {sites === 1 ? 'is' : 'are'} below {NAMES[dimension]} {below}
      {newest && newest.below.share !== null && (
        <>
          ; on the newest release, {newest.version}, it is <b>{formatShare(newest.below.share)}</b>
        </>
      )}
      . {forecastText(forecast, thresholdPercent)}
    </>
  );
}

function forecastText(forecast: SupportAnswer['forecast'], percent: number): string {
  const under = formatShare(percent / 100);
  switch (forecast.kind) {
    case 'below-now':
      return `That is under ${under} now.`;
    case 'dates': {
      const [from, to] = [formatMonth(forecast.from), formatMonth(forecast.to)];
      if (forecast.isOpen) return `Under ${under} in ${from} at the earliest; how late cannot be told.`;
      return from === to ? `Under ${under} about ${from}.` : `Under ${under} between ${from} and ${to}.`;
    }
    case 'not-falling':
      return `The share is not surely falling, so there is no date for ${under}.`;
    case 'not-within-years':
      return `At this pace it is not under ${under} within three years.`;
    case 'too-few': {
      const { weeks, sites } = forecast;
      return weeks < DROP.leastWeeks
        ? `There is no date yet: it takes ${DROP.leastWeeks} complete weeks, and there ${weeks === 1 ? 'is' : 'are'} ${formatCount(weeks)} so far.`
        : `There is no date: it takes ${formatCount(DROP.leastSites)} sites, and the last week had ${formatCount(sites)}.`;
    }
  }
}

interface DropFormProps {
  dimension: Dropped;
  below: string;
  threshold: string;
  spread: SupportAnswer['spread'];
}

function DropForm({ dimension, below, threshold, spread }: DropFormProps) {
  const choose = (changes: Record<string, string | null>) => navigate(hrefWith(changes));
  const thresholds = THRESHOLDS.includes(threshold) ? THRESHOLDS : [...THRESHOLDS, threshold];
  return (
    <form class="row no-print" onSubmit={(event) => event.preventDefault()} aria-label="What to drop">
      <label class="field">
        <span>Can I drop</span>
        <select
          class="control"
          value={dimension}
          onChange={({ currentTarget }) => choose({ drop: currentTarget.value, below: null })}
        >
          {Object.entries(NAMES).map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {/* biome-ignore lint/a11y/noLabelWithoutControl: the control is the DraftInput */}
      <label class="field">
        <span>below version</span>
        <DraftInput list="versions-below" value={below} onChoose={(chosen) => choose({ below: chosen || null })} />
      </label>
      <datalist id="versions-below">
        {spread.map(({ version }) => (
          <option key={version} value={version} />
        ))}
      </datalist>
      <label class="field">
        <span>at a share under</span>
        <select
          class="control"
          value={threshold}
          onChange={({ currentTarget }) => choose({ threshold: currentTarget.value })}
        >
          {thresholds.map((one) => (
            <option key={one} value={one}>
              {one} %
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

function WeeksChart({ data, releases }: { data: SupportAnswer; releases: ReleasesAnswer['releases'] }) {
  const { weeks, dimension, below, now } = data;
  const days = weeks.map(({ day }) => day);
  const firstDays = days.map((day) => addDays(day, -6));
  const shares = weeks.map((week) => (week.of === 0 ? null : week.below / week.of));
  const title = `Below ${NAMES[dimension]} ${below}`;
  // a share of the seven days up to it, not of that day as in the answer above
  const weekTo = (day: string) => `week to ${formatDay(day)}`;
  const axis = { ...daysAxis(days), nameOf: (index: number) => `Week to ${formatDay(days[index] ?? '')}` };
  return (
    <ChartFigure
      id="below"
      title={title}
      info={{ of: 'dropDate', base: now.below.base, unknown: now.unknown }}
      summary={
        weeks.length === 0
          ? 'No week is complete yet.'
          : summaryOf(days, shares, days.length, formatShare, (day) => `in the ${weekTo(day)}`)
      }
      period={weeks.length === 0 ? '' : `${formatDay(days[0] ?? '')} – ${formatDay(days.at(-1) ?? '')}`}
      table={{
        columns: ['Week to (UTC)', 'Share below', 'Sites below', 'Sites known'],
        rows: weeks.map((week, index) => [week.day, shares[index] ?? null, week.below, week.of]),
        format: (value, column) => (column === 1 ? formatShare(value) : formatCount(value)),
        nameOf: axis.nameOf,
      }}
    >
      {now.interval && (
        <p class="small soft">
          {formatCount(now.below.sites)} of {formatCount(now.below.base)} are few: the true share may be anywhere in{' '}
          {formatRange({ low: now.interval.low / 100, high: now.interval.high / 100 })}.
        </p>
      )}
      {weeks.length > 0 && (
        <LineChart
          id="below"
          label={`Share of sites below ${NAMES[dimension]} ${below}, by week`}
          axis={axis}
          lines={[{ name: 'below', label: 'Below', values: shares }]}
          format={formatShare}
          formatTick={formatShareTick}
          marks={releaseMarks(firstDays, releases, 'week')}
          fromZero
          height={200}
        />
      )}
    </ChartFigure>
  );
}
