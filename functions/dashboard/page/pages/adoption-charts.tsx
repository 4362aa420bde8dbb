import type { ReleasesAnswer } from '../../api.ts';
import { daysAxis, sinceAxis } from '../charts/axis.ts';
import { ChartFigure } from '../charts/chart-figure.tsx';
import { LineChart } from '../charts/line-chart.tsx';
import { summaryOf } from '../charts/summary.ts';
import { formatDay, formatShare, formatShareTick } from '../format.ts';
import { hasAdopters } from './releases-table.tsx';

/** Adoption of the newest release: now leads, known lags. */
export function NewestChart({ data }: { data: ReleasesAnswer }) {
  const [newest] = data.releases;
  if (!newest) return null;
  const days = newest.adoption.map(({ day }) => day);
  const now = newest.adoption.map((one) => one.now.share);
  const known = newest.adoption.map((one) => one.known.share);
  const band = newest.adoption.map(({ now: { low, high } }) => (low === null || high === null ? null : { low, high }));
  const axis = daysAxis(days);
  return (
    <ChartFigure
      id="newest"
      title={`${newest.version} since its release`}
      info={{ of: 'adoptionNow', base: newest.adoption.at(-1)?.now.base }}
      summary={
        hasAdopters(newest.adoption)
          ? summaryOf(days, now, days.length, formatShare)
          : 'No site from before its release has reported since.'
      }
      period={`${newest.version} from ${formatDay(newest.releasedOn)}`}
      table={{
        columns: ['Day (UTC)', 'Now', 'Known'],
        rows: days.map((day, index) => [day, now[index] ?? null, known[index] ?? null]),
        format: formatShare,
        nameOf: axis.nameOf,
      }}
    >
      <LineChart
        id="newest"
        label={`Share of sites on ${newest.version} or newer, by day`}
        axis={axis}
        lines={[
          { name: 'now', label: 'Now', values: now, band },
          { name: 'known', label: 'Known', values: known, isThin: true },
        ]}
        format={formatShare}
        formatTick={formatShareTick}
        fromZero
      />
    </ChartFigure>
  );
}

const SHOWN = 5;

/** The last releases on one axis: days since each. */
export function FiveReleasesChart({ data }: { data: ReleasesAnswer }) {
  const releases = data.releases.slice(0, SHOWN);
  const count = Math.max(...releases.map(({ adoption }) => adoption.length));
  const lines = releases.map(({ version, adoption }) => ({
    name: version,
    values: Array.from({ length: count }, (_, since) => adoption[since]?.now.share ?? null),
  }));
  const halves = releases.flatMap(({ version, daysToHalf }) =>
    daysToHalf === null ? [] : [`${version} on day ${daysToHalf}`],
  );
  const axis = sinceAxis(count);
  const isMeasured = releases.some(({ adoption }) => hasAdopters(adoption));
  const none = isMeasured ? 'None of them has reached half yet.' : 'No site from before them has reported since.';
  return (
    <ChartFigure
      id="releases"
      title={`The last ${releases.length} releases`}
      info={{ of: 'daysToHalf' }}
      summary={halves.length === 0 ? none : `Half was reached by ${halves.join(', ')}.`}
      period="Days since each release"
      table={{
        columns: ['Days since the release', ...lines.map(({ name }) => name)],
        rows: Array.from({ length: count }, (_, since) => [since, ...lines.map(({ values }) => values[since] ?? null)]),
        format: formatShare,
      }}
    >
      <LineChart
        id="releases"
        label="Adoption of the last releases by days since each"
        axis={axis}
        lines={lines}
        format={formatShare}
        formatTick={formatShareTick}
        fromZero
      />
    </ChartFigure>
  );
}
