import type { OverviewAnswer } from '../../api.ts';
import { daysAxis } from '../charts/axis.ts';
import { ChartFigure } from '../charts/chart-figure.tsx';
import { releaseMarks } from '../charts/chart-frame.tsx';
import { ColumnChart } from '../charts/column-chart.tsx';
import { LineChart } from '../charts/line-chart.tsx';
import { summaryOf } from '../charts/summary.ts';
import { byWeek, weekDays } from '../charts/weeks.ts';
import { counted, formatCount, formatDay } from '../format.ts';
import { dailyFlow, flowTotals, type ShownFlow } from './flow-totals.ts';

const periodText = ({ period: { from, to } }: OverviewAnswer) => `${formatDay(from)} – ${formatDay(to)}`;

function marksOf({ chart }: OverviewAnswer, days: string[], step: 'day' | 'week') {
  const releases = chart.releases.map(({ version, day }) => ({ version, releasedOn: day }));
  return releaseMarks(days, releases, step);
}

export function ActiveChart({ data }: { data: OverviewAnswer }) {
  const { days, active, partialFrom } = data.chart;
  return (
    <ChartFigure
      id="active"
      title="Active sites"
      info={{ of: 'active' }}
      summary={
        active.every((value) => value === null)
          ? 'No site was active on these days.'
          : summaryOf(days, active, partialFrom, (value) => counted(value, 'site'))
      }
      period={periodText(data)}
      table={{
        columns: ['Day (UTC)', 'Active sites'],
        rows: days.map((day, index) => [day, active[index] ?? null]),
        format: formatCount,
        nameOf: daysAxis(days, 'day', partialFrom).nameOf,
      }}
    >
      <LineChart
        id="active"
        label="Active sites by day"
        axis={daysAxis(days, 'day', partialFrom)}
        lines={[{ name: 'active', label: 'Active sites', values: active }]}
        format={formatCount}
        partialFrom={partialFrom}
        marks={marksOf(data, days, 'day')}
      />
    </ChartFigure>
  );
}

const FLOWS: { name: ShownFlow; label: string; tone: number; isDown?: boolean }[] = [
  { name: 'new', label: 'New', tone: 0 },
  { name: 'back', label: 'Back', tone: 2 },
  { name: 'left', label: 'Left', tone: 1, isDown: true },
  { name: 'silent', label: 'Went silent', tone: 5, isDown: true },
];
/** More columns than this are too thin to be told apart. */
const MOST_DAYS = 100;

export function FlowsChart({ data }: { data: OverviewAnswer }) {
  const { days: allDays, partialFrom: partialDay } = data.chart;
  const isWeekly = allDays.length > MOST_DAYS;
  const step = isWeekly ? 'week' : 'day';
  const days = isWeekly ? weekDays(allDays) : allDays;
  const partialFrom = isWeekly ? Math.floor(partialDay / 7) : partialDay;
  const series = FLOWS.map((flow) => {
    const daily = dailyFlow(data.chart, flow.name);
    return { ...flow, values: isWeekly ? byWeek(daily) : daily };
  });
  const totals = flowTotals(data.chart);
  const [came, back, left, silent] = FLOWS.map(({ name }) => formatCount(totals[name]));
  const axis = daysAxis(days, step, partialFrom);
  return (
    <ChartFigure
      id="flows"
      title="Who came and who went"
      info={{ of: 'net' }}
      summary={`${came} new and ${back} back; ${left} left and ${silent} went silent.`}
      period={periodText(data)}
      table={{
        columns: [isWeekly ? 'Week from (UTC)' : 'Day (UTC)', ...FLOWS.map(({ label }) => label)],
        rows: days.map((day, index) => [day, ...series.map(({ values }) => values[index] ?? null)]),
        format: formatCount,
        nameOf: axis.nameOf,
      }}
    >
      <ColumnChart
        id="flows"
        label={`New, back, left and silent sites by ${step}`}
        axis={axis}
        series={series}
        format={formatCount}
        partialFrom={partialFrom}
        marks={marksOf(data, days, step)}
        height={220}
      />
    </ChartFigure>
  );
}
