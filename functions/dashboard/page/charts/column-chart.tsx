import { AreaLegend, useHidden } from './area-legend.tsx';
import { type Axis, niceDomain } from './axis.ts';
import { ChartFrame, type Mark, type Plane } from './chart-frame.tsx';
import { Patterns, patternOf } from './pattern.tsx';

/** Stacked upwards, or downwards: its values are counts, never negative. */
export interface ColumnSeries {
  name: string;
  label: string;
  tone: number;
  values: (number | null)[];
  isDown?: boolean;
}

interface ColumnChartProps {
  id: string;
  label: string;
  axis: Axis;
  series: ColumnSeries[];
  format: (value: number) => string;
  partialFrom?: number;
  marks?: Mark[];
  height?: number;
}

export function ColumnChart({ id, series, axis, format, ...props }: ColumnChartProps) {
  const hidden = useHidden(id);
  const shown = series.filter(({ name }) => !hidden.has(name));
  const stacks = Array.from({ length: axis.count }, (_, index) => stackAt(shown, index));
  const { partialFrom = axis.count } = props;
  return (
    <>
      {series.length > 1 && <AreaLegend chart={id} names={series} hidden={hidden} />}
      <ChartFrame
        {...props}
        isBands
        axis={axis}
        domain={niceDomain(
          stacks.flatMap((pieces) => pieces.flatMap(({ from, to }) => [from, to])),
          { fromZero: true },
        )}
        format={(value) => format(Math.abs(value))}
        readout={(index) =>
          shown.map(({ label, values, tone }) => {
            const value = values[index];
            return { name: label, value: value == null ? 'unknown' : format(value), tone };
          })
        }
      >
        {(plane) => (
          <>
            <Patterns id={id} tones={shown.map(({ tone }) => tone)} />
            {stacks.map((pieces, index) => (
              <Column
                key={index}
                id={id}
                plane={plane}
                index={index}
                pieces={pieces}
                isPartial={index >= partialFrom}
              />
            ))}
          </>
        )}
      </ChartFrame>
    </>
  );
}

interface Piece {
  tone: number;
  from: number;
  to: number;
}

function stackAt(series: ColumnSeries[], index: number): Piece[] {
  let [up, down] = [0, 0];
  return series.flatMap(({ values, tone, isDown = false }) => {
    const value = values[index] ?? 0;
    if (value === 0) return [];
    const from = isDown ? down : up;
    const to = isDown ? down - value : up + value;
    if (isDown) down = to;
    else up = to;
    return [{ tone, from, to }];
  });
}

function Column({
  id,
  plane,
  index,
  pieces,
  isPartial,
}: {
  id: string;
  plane: Plane;
  index: number;
  pieces: Piece[];
  isPartial: boolean;
}) {
  const width = Math.max(1, Math.min(28, plane.step * 0.72));
  return (
    <>
      {pieces.map(({ tone, from, to }) => {
        const [top, bottom] = [plane.y(Math.max(from, to)), plane.y(Math.min(from, to))];
        const shape = { x: plane.x(index) - width / 2, y: top, width, height: Math.max(0.5, bottom - top) };
        return isPartial ? (
          <rect key={tone} class={`sofar t${tone}`} {...shape} />
        ) : (
          <rect key={tone} fill={patternOf(id, tone)} {...shape} />
        );
      })}
    </>
  );
}
