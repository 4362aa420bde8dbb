import type { RatesAnswer } from '../../api.ts';
import { ChartFigure } from '../charts/chart-figure.tsx';
import { ColumnChart } from '../charts/column-chart.tsx';
import { counted, formatCount, formatDay, formatShare } from '../format.ts';

/** When they leave, counted from their first report. */
export function AgePanel({ data }: { data: RatesAnswer }) {
  const { median, early, left, histogram } = data.ageAtLeaving;
  const nameOf = (index: number) => {
    const [from, next] = [histogram[index]?.fromDay ?? 0, histogram[index + 1]?.fromDay];
    if (next === undefined) return `day ${from} or later`;
    return next - 1 === from ? `day ${from}` : `days ${from}–${next - 1}`;
  };
  const axis = {
    count: histogram.length,
    nameOf,
    ticks: () => histogram.map(({ fromDay }, index) => ({ index, text: String(fromDay) })),
  };
  return (
    <ChartFigure
      id="ages"
      title="Days since the first report when they left"
      info={{ of: 'ageAtLeaving', base: left }}
      summary={
        median === null || early === null
          ? `Too few to tell: ${counted(left, 'site')} left; it takes 5.`
          : `Half of ${counted(left, 'site')} left by day ${formatCount(median)}; ${formatShare(early)} on day 0 or 1.`
      }
      period={`${formatDay(data.from)} – ${formatDay(data.to)}`}
      table={{
        columns: ['From day', 'Sites that left'],
        rows: histogram.map((one) => [one.fromDay, one.left]),
        format: formatCount,
        nameOf,
      }}
    >
      <ColumnChart
        id="ages"
        label="Sites that left, by days since their first report"
        axis={axis}
        series={[{ name: 'left', label: 'Left', tone: 0, values: histogram.map((one) => one.left) }]}
        format={formatCount}
        height={220}
      />
    </ChartFigure>
  );
}
