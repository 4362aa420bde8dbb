import { area, line } from 'd3-shape';
import { type Axis, niceDomain } from './axis.ts';
import { ChartFrame, type Mark, type Plane } from './chart-frame.tsx';
import { dashOf, Legend, markerPath, TONES, useHidden } from './legend.tsx';

export interface Line {
  name: string;
  label?: string;
  values: (number | null)[];
  /** What the line lies in with 95 of 100 chances. */
  band?: ({ low: number; high: number } | null)[];
  isThin?: boolean;
}

interface LineChartProps {
  /** Of the chart, in the address. */
  id: string;
  label: string;
  axis: Axis;
  lines: Line[];
  format: (value: number) => string;
  /** For the scale, which has less room; by default as `format`. */
  formatTick?: (value: number) => string;
  partialFrom?: number;
  marks?: Mark[];
  fromZero?: boolean;
  height?: number;
}

export function LineChart({ id, lines, axis, format, fromZero = false, ...props }: LineChartProps) {
  const hidden = useHidden(id);
  const toned = lines.map((one, tone) => ({ ...one, tone: tone % TONES }));
  const shown = toned.filter(({ name }) => !hidden.has(name));
  const { partialFrom = axis.count } = props;
  const ends = shown.flatMap(({ name, label = name, values, tone }) => {
    const value = values.findLast((one) => one !== null);
    return value == null || shown.length < 2 ? [] : [{ text: label, value, tone }];
  });
  return (
    <>
      {toned.length > 1 && <Legend chart={id} names={toned} hidden={hidden} />}
      <ChartFrame
        {...props}
        axis={axis}
        domain={niceDomain(
          shown.flatMap(({ values, band }) => [
            ...values,
            ...(band ?? []).flatMap((one) => (one ? [one.low, one.high] : [])),
          ]),
          { fromZero },
        )}
        format={props.formatTick ?? format}
        ends={ends}
        readout={(index) =>
          shown.map(({ name, label = name, values, tone }) => {
            const value = values[index];
            return { name: label, value: value == null ? 'unknown' : format(value), tone };
          })
        }
      >
        {(plane) => shown.map((one) => <DrawnLine key={one.name} line={one} plane={plane} partialFrom={partialFrom} />)}
      </ChartFrame>
    </>
  );
}

function DrawnLine({
  line: one,
  plane,
  partialFrom,
}: {
  line: Line & { tone: number };
  plane: Plane;
  partialFrom: number;
}) {
  const { values, tone, isThin = false, band } = one;
  const draw = line<[number, number | null]>()
    .defined(([, value]) => value !== null)
    .x(([index]) => plane.x(index))
    .y(([, value]) => plane.y(value ?? 0));
  const points = values.map((value, index): [number, number | null] => [index, value]);
  const whole = points.slice(0, partialFrom);
  const rest = points.slice(Math.max(0, partialFrom - 1));
  const lastWhole = whole.findLast(([, value]) => value !== null);
  const sofar =
    partialFrom < points.length
      ? points.findLast(([index, value]) => index >= partialFrom && value !== null)
      : undefined;
  const drawBand = area<{ low: number; high: number } | null>()
    .defined((range) => range !== null)
    .x((_, index) => plane.x(index))
    .y0((range) => plane.y(range?.low ?? 0))
    .y1((range) => plane.y(range?.high ?? 0));
  return (
    <g class={`t${tone}`}>
      {band && <path class="band fill" d={drawBand(band) ?? ''} />}
      <path class={`line stroke ${isThin ? 'thin' : ''}`} d={draw(whole) ?? ''} stroke-dasharray={dashOf(tone)} />
      {rest.length > 1 && <path class="line stroke" d={draw(rest) ?? ''} stroke-dasharray="2 4" />}
      {lastWhole && (
        <path
          class="fill"
          d={markerPath(tone)}
          transform={`translate(${plane.x(lastWhole[0])} ${plane.y(lastWhole[1] ?? 0)})`}
        />
      )}
      {sofar && <circle class="hollow stroke" r="4" cx={plane.x(sofar[0])} cy={plane.y(sofar[1] ?? 0)} />}
    </g>
  );
}
