import { area, stack } from 'd3-shape';
import { formatCount, formatShare } from '../format.ts';
import { AreaLegend, useHidden } from './area-legend.tsx';
import type { Axis } from './axis.ts';
import { ChartFrame, type Mark, type Plane } from './chart-frame.tsx';
import { Patterns, patternOf } from './pattern.tsx';

export interface ShareSeries {
  name: string;
  label: string;
  tone: number;
  values: (number | null)[];
}

interface ShareChartProps {
  id: string;
  label: string;
  axis: Axis;
  series: ShareSeries[];
  partialFrom?: number;
  marks?: Mark[];
  height?: number;
}

/** Parts of a whole over days. What is hidden leaves the whole as well. */
export function ShareChart({ id, series, axis, ...props }: ShareChartProps) {
  const hidden = useHidden(id);
  const shown = series.filter(({ name }) => !hidden.has(name));
  const totals = Array.from({ length: axis.count }, (_, index) =>
    shown.reduce((sum, { values }) => sum + (values[index] ?? 0), 0),
  );
  const shareAt = ({ values }: ShareSeries, index: number) =>
    totals[index] === 0 ? 0 : (values[index] ?? 0) / (totals[index] as number);
  const rows = totals.map((_, index) => Object.fromEntries(shown.map((one) => [one.name, shareAt(one, index)])));
  const layers = stack<Record<string, number>>().keys(shown.map(({ name }) => name))(rows);
  const ends = layers.flatMap((layer, place) => {
    const [from, to] = layer.at(-1) ?? [0, 0];
    const one = shown[place] as ShareSeries;
    return to - from < 0.03 ? [] : [{ text: one.label, value: (from + to) / 2, tone: one.tone }];
  });
  return (
    <>
      <AreaLegend chart={id} names={series} hidden={hidden} />
      <ChartFrame
        {...props}
        isArea
        axis={axis}
        domain={[0, 1]}
        format={formatShare}
        ends={ends}
        readout={(index) =>
          shown.map((one) => ({
            name: one.label,
            value: `${formatShare(shareAt(one, index))} (${formatCount(one.values[index] ?? 0)})`,
            tone: one.tone,
          }))
        }
      >
        {(plane) => (
          <>
            <Patterns id={id} tones={shown.map(({ tone }) => tone)} />
            {layers.map((layer, place) => (
              <path
                key={layer.key}
                d={areaOf(layer, totals, plane)}
                fill={patternOf(id, (shown[place] as ShareSeries).tone)}
              />
            ))}
            {(props.partialFrom ?? axis.count) < axis.count && (
              <line
                class="cursor"
                stroke-dasharray="2 4"
                x1={plane.x((props.partialFrom ?? 1) - 1)}
                x2={plane.x((props.partialFrom ?? 1) - 1)}
                y1={plane.top}
                y2={plane.bottom}
              />
            )}
          </>
        )}
      </ChartFrame>
    </>
  );
}

function areaOf(layer: readonly (readonly [number, number] | number[])[], totals: number[], plane: Plane): string {
  const draw = area<readonly [number, number] | number[]>()
    .defined((_, index) => totals[index] !== 0)
    .x((_, index) => plane.x(index))
    .y0(([from]) => plane.y(from ?? 0))
    .y1(([, to]) => plane.y(to ?? 0));
  return draw([...layer]) ?? '';
}
