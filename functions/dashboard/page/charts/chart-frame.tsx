import { scaleLinear } from 'd3-scale';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Day } from '../../../../shared/figures/days.ts';
import { REACHED } from '../parts/reached.ts';
import { shortened } from '../parts/text.tsx';
import type { Axis } from './axis.ts';
import { LiveRegion, Readout } from './readout.tsx';
import { useWidth } from './use-width.ts';

/** Where things are in a chart. */
export interface Plane {
  x: (index: number) => number;
  y: (value: number) => number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** Between two places. */
  step: number;
}

export interface ReadoutLine {
  name: string;
  value: string;
  tone: number;
}

export interface EndLabel {
  text: string;
  value: number;
  tone: number;
}

/** A release, at the place of its day. */
export interface Mark {
  index: number;
  text: string;
}

interface ChartFrameProps {
  /** What it shows, for who does not see it. */
  label: string;
  axis: Axis;
  domain: [number, number];
  format: (value: number) => string;
  ends?: EndLabel[];
  marks?: Mark[];
  height?: number;
  /** Columns stand between their places' edges, lines on their places. */
  isBands?: boolean;
  /** Drawn as areas, which have patterns where lines have dashes. */
  isArea?: boolean;
  readout: (index: number) => ReadoutLine[];
  children: (plane: Plane) => ComponentChildren;
}

const MARGIN = { top: 22, bottom: 24 };
const CHARACTER = 6.7;

/** Axes, marks, a cursor for pointer and keys, and what it reads, around what a chart draws. */
export function ChartFrame(props: ChartFrameProps) {
  const { label, axis, height = 240, readout, isArea = props.isBands ?? false } = props;
  const [box, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const plane = planeOf(props, width);
  const indexAt = (clientX: number, left: number) => {
    const place = (clientX - left - plane.left) / Math.max(plane.step, 1e-9);
    return clamp(props.isBands ? Math.floor(place) : Math.round(place), axis.count);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = placeAfter(event.key, at, axis.count);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    setAt(next);
  };
  const lines = at === null ? [] : readout(at);
  const name = at === null ? '' : axis.nameOf(at);
  return (
    <>
      <div
        ref={box}
        class="chart"
        role="application"
        aria-label={`${label}. Arrow keys read it.`}
        {...REACHED}
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
        onPointerMove={({ clientX, currentTarget }) =>
          setAt(indexAt(clientX, currentTarget.getBoundingClientRect().left))
        }
        onPointerLeave={() => setAt(null)}
      >
        <svg height={height} viewBox={`0 0 ${Math.max(width, 1)} ${height}`} aria-hidden="true">
          {width > 0 && axis.count > 0 && (
            <>
              <Axes {...props} plane={plane} />
              <Marks marks={props.marks ?? []} plane={plane} />
              {props.children(plane)}
              <Ends ends={props.ends ?? []} plane={plane} />
              {at !== null && (
                <line class="cursor" x1={plane.x(at)} x2={plane.x(at)} y1={plane.top} y2={plane.bottom} />
              )}
            </>
          )}
        </svg>
        {at !== null && <Readout name={name} lines={lines} isArea={isArea} x={plane.x(at)} width={width} />}
      </div>
      <LiveRegion text={at === null ? '' : [name, ...lines.map((line) => `${line.name} ${line.value}`)].join(', ')} />
    </>
  );
}

const clamp = (index: number, count: number) => Math.max(0, Math.min(count - 1, index));

/** undefined: no key of a chart. */
function placeAfter(key: string, at: number | null, count: number): number | null | undefined {
  if (key === 'ArrowLeft') return clamp((at ?? count) - 1, count);
  if (key === 'ArrowRight') return clamp((at ?? count - 2) + 1, count);
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  return key === 'Escape' && at !== null ? null : undefined;
}

function planeOf(
  { axis, domain, format, ends = [], height = 240, isBands = false }: ChartFrameProps,
  width: number,
): Plane {
  const widest = Math.max(...domain.map((value) => format(value).length));
  const left = 8 + widest * CHARACTER;
  const names = Math.max(0, ...ends.map(({ text }) => cutEnd(text, width).length));
  const right = Math.max(left + 1, width - (names === 0 ? 12 : 14 + names * CHARACTER));
  const { top } = MARGIN;
  const bottom = height - MARGIN.bottom;
  const step = (right - left) / Math.max(1, isBands ? axis.count : axis.count - 1);
  const y = scaleLinear().domain(domain).range([bottom, top]);
  const x = (index: number) => left + step * (isBands ? index + 0.5 : index);
  return { x, y, left, right, top, bottom, step };
}

const cutEnd = (text: string, width: number) => shortened(text, width < 500 ? 9 : 18);

function Axes({ axis, domain, format, plane }: ChartFrameProps & { plane: Plane }) {
  const ticks = scaleLinear()
    .domain(domain)
    .ticks(4)
    // between two counts there is none
    .filter((value) => Number.isInteger(value) || format(value) !== format(Math.round(value)));
  const most = Math.max(2, Math.floor((plane.right - plane.left) / 76));
  return (
    <>
      {ticks.map((value) => (
        <g key={value}>
          <line
            class={value === 0 ? 'zero' : 'grid'}
            x1={plane.left}
            x2={plane.right}
            y1={plane.y(value)}
            y2={plane.y(value)}
          />
          <text x={plane.left - 8} y={plane.y(value) + 4} text-anchor="end">
            {format(value)}
          </text>
        </g>
      ))}
      {spaced(axis.ticks(most), plane).map(({ index, text }) => (
        <text key={index} x={plane.x(index)} y={plane.bottom + 18} text-anchor="middle">
          {text}
        </text>
      ))}
    </>
  );
}

/** Names that would lie on the one before are left out. */
function spaced(ticks: { index: number; text: string }[], { x }: Plane) {
  let free = Number.NEGATIVE_INFINITY;
  return ticks.filter(({ index, text }) => {
    const half = (text.length * CHARACTER) / 2 + 5;
    if (x(index) - half < free) return false;
    free = x(index) + half;
    return true;
  });
}

function Marks({ marks, plane }: { marks: Mark[]; plane: Plane }) {
  let free = Number.NEGATIVE_INFINITY;
  return (
    <>
      {marks.map(({ index, text }) => {
        const name = shortened(text, 12);
        const half = (name.length * CHARACTER) / 2 + 4;
        const x = Math.min(plane.right - half, Math.max(plane.left + half, plane.x(index)));
        const hasRoom = x - half > free;
        if (hasRoom) free = x + half;
        return (
          <g key={text} class="mark">
            <line x1={plane.x(index)} x2={plane.x(index)} y1={plane.top - 4} y2={plane.bottom} />
            {hasRoom && (
              <text x={x} y={plane.top - 9} text-anchor="middle">
                {name}
              </text>
            )}
          </g>
        );
      })}
    </>
  );
}

const LINE_HEIGHT = 14;

/** Labels at the lines' ends, moved apart where they would lie on each other. */
function Ends({ ends, plane }: { ends: EndLabel[]; plane: Plane }) {
  let free = Number.NEGATIVE_INFINITY;
  const sorted = [...ends].sort((a, b) => b.value - a.value);
  const room = plane.bottom - (sorted.length - 1) * LINE_HEIGHT;
  return (
    <>
      {sorted.map(({ text, value, tone }, place) => {
        const y = Math.min(Math.max(plane.y(value), free), room + place * LINE_HEIGHT);
        free = y + LINE_HEIGHT;
        return (
          <text key={text} class={`end t${tone}`} x={plane.right + 10} y={y + 4}>
            {cutEnd(text, plane.right * 1.2)}
          </text>
        );
      })}
    </>
  );
}

/** Releases whose day the axis has. */
export function releaseMarks(
  days: readonly Day[],
  releases: readonly { version: string; releasedOn: Day }[],
  step: 'day' | 'week' | 'month' = 'day',
): Mark[] {
  const lengths = { day: 1, week: 7, month: 31 } as const;
  const end = days.at(-1);
  return releases
    .flatMap(({ version, releasedOn }) => {
      const index = days.findLastIndex((day) => day <= releasedOn);
      const isAfter = end === undefined || Date.parse(releasedOn) - Date.parse(end) >= lengths[step] * 86_400_000;
      return index < 0 || isAfter ? [] : [{ index, text: version }];
    })
    .sort((a, b) => b.index - a.index)
    .reverse();
}
