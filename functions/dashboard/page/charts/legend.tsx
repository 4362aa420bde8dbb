import { symbol, symbolCircle, symbolCross, symbolDiamond, symbolSquare, symbolStar, symbolTriangle } from 'd3-shape';
import { SentText } from '../parts/text.tsx';
import { hrefWith, listOf, navigate, toggled, useUrl } from '../url-state.ts';

/** Never colour alone: each line has its dashes and its marker, each area its pattern. */
const DASHES = ['none', '7 3', '2 3', '9 3 2 3', '5 2', '1 2', '12 4', '4 2 1 2'];
const SYMBOLS = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, symbolStar];
export const TONES = DASHES.length;

export const dashOf = (tone: number): string => DASHES[tone % DASHES.length] as string;

export function markerPath(tone: number, size = 42): string {
  return symbol(SYMBOLS[tone % SYMBOLS.length], size)() ?? '';
}

export function Swatch({ tone }: { tone: number }) {
  return (
    <svg class={`t${tone % TONES}`} width="22" height="10" viewBox="0 0 22 10" aria-hidden="true">
      <line class="stroke" x1="0" x2="22" y1="5" y2="5" stroke-width="2" stroke-dasharray={dashOf(tone)} />
      <path class="fill" d={markerPath(tone, 28)} transform="translate(11 5)" />
    </svg>
  );
}

/** What is hidden in which chart is in the address, as `chart.name`. */
export function useHidden(chart: string): Set<string> {
  const { query } = useUrl();
  const own = `${chart}.`;
  const hidden = listOf(query, 'hide').filter((one) => one.startsWith(own));
  return new Set(hidden.map((one) => decodeURIComponent(one.slice(own.length))));
}

interface LegendProps {
  chart: string;
  names: readonly { name: string; label?: string; tone: number }[];
  hidden: ReadonlySet<string>;
}

/** Names of what is shown; a press takes one out or back. */
export function Legend({ chart, names, hidden }: LegendProps) {
  const toggle = (name: string) => {
    const { search } = location;
    const list = toggled(new URLSearchParams(search), 'hide', `${chart}.${encodeURIComponent(name)}`);
    navigate(hrefWith({ hide: list }), { replace: true });
  };
  return (
    <fieldset class="legend" aria-label="Shown in the chart">
      {names.map(({ name, label = name, tone }) => (
        <button key={name} type="button" aria-pressed={!hidden.has(name)} onClick={() => toggle(name)}>
          <Swatch tone={tone} />
          <SentText text={label} />
        </button>
      ))}
    </fieldset>
  );
}
