import type { Release } from '../../../../shared/figures/documents.ts';
import type { SeriesAnswer } from '../../api.ts';
import { daysAxis } from '../charts/axis.ts';
import { ChartFigure } from '../charts/chart-figure.tsx';
import { releaseMarks } from '../charts/chart-frame.tsx';
import { ShareChart } from '../charts/share-chart.tsx';
import { formatCount, formatDay, formatShare } from '../format.ts';
import { AnswerOf } from '../parts/panel.tsx';
import { readPeriod } from '../period.ts';
import { useUrl } from '../url-state.ts';
import { useSeries } from '../use-series.ts';

const SHOWN = 7;
const OTHER_TONE = 5;

/** Which versions run, over time. */
export function VersionSpread({
  slug,
  through,
  releases,
}: {
  slug: string;
  through: string | undefined;
  releases: Release[];
}) {
  const { query } = useUrl();
  const series = useSeries(slug, 'version', { period: readPeriod(query), through, top: SHOWN });
  return (
    <AnswerOf of={series} what="The versions" isTall>
      {(data) => <SpreadChart data={data} releases={releases} />}
    </AnswerOf>
  );
}

/** The tones beside that of "other". */
const toneAt = (place: number) => (place < OTHER_TONE ? place : place + 1);

function SpreadChart({ data, releases }: { data: SeriesAnswer; releases: Release[] }) {
  const { days, step, partialFrom } = data;
  const series = [
    ...data.series.map(({ name, values }, place) => ({ name, label: name, values, tone: toneAt(place) })),
    { name: 'other', label: 'Other', values: data.other, tone: OTHER_TONE },
  ];
  const axis = daysAxis(days, step, partialFrom);
  const last = Math.max(0, partialFrom - 1);
  const known = (data.total[last] ?? 0) - (data.unknown[last] ?? 0);
  // the API's order is that of the whole period
  const [most] = data.series.toSorted((a, b) => (b.values[last] ?? 0) - (a.values[last] ?? 0));
  const share = known > 0 && most ? (most.values[last] ?? 0) / known : null;
  return (
    <ChartFigure
      id="versions"
      title="Versions over time"
      info={{ of: 'share', base: known, unknown: data.unknown[last] ?? 0 }}
      summary={
        share === null || !most
          ? 'Nothing is known of these days yet.'
          : `${most.name} has the most sites: ${formatShare(share)} of ${formatCount(known)} ${step === 'day' ? 'on' : `in the ${step} of`} ${formatDay(days[last] ?? data.through)}.`
      }
      period={`${formatDay(days[0] ?? data.through)} – ${formatDay(data.through)}`}
      table={{
        columns: [
          step === 'day' ? 'Day (UTC)' : `First day of the ${step} (UTC)`,
          ...series.map(({ label }) => label),
          'Unknown',
        ],
        rows: days.map((day, index) => [
          day,
          ...series.map(({ values }) => values[index] ?? null),
          data.unknown[index] ?? null,
        ]),
        format: formatCount,
        nameOf: axis.nameOf,
      }}
    >
      <ShareChart
        id="versions"
        label="Share of each version by day"
        axis={axis}
        series={series}
        partialFrom={partialFrom}
        marks={releaseMarks(days, releases, step)}
        height={280}
      />
    </ChartFigure>
  );
}
