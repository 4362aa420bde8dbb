import { useId } from 'preact/hooks';
import { SentText } from '../parts/text.tsx';
import { hrefWith, navigate, toggled } from '../url-state.ts';
import { Patterns, patternOf } from './pattern.tsx';

export { useHidden } from './legend.tsx';

/** A piece of an area, with its pattern. */
export function AreaSwatch({ tone }: { tone: number }) {
  const id = useId();
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      <Patterns id={id} tones={[tone]} />
      <rect class={`t${tone} stroke`} x="0.5" y="0.5" width="13" height="13" rx="2" fill={patternOf(id, tone)} />
    </svg>
  );
}

interface AreaLegendProps {
  chart: string;
  names: readonly { name: string; label: string; tone: number }[];
  hidden: ReadonlySet<string>;
}

/** As `Legend`, for columns and areas. */
export function AreaLegend({ chart, names, hidden }: AreaLegendProps) {
  const toggle = (name: string) => {
    const list = toggled(new URLSearchParams(location.search), 'hide', `${chart}.${encodeURIComponent(name)}`);
    navigate(hrefWith({ hide: list }), { replace: true });
  };
  return (
    <fieldset class="legend" aria-label="Shown in the chart">
      {names.map(({ name, label, tone }) => (
        <button key={name} type="button" aria-pressed={!hidden.has(name)} onClick={() => toggle(name)}>
          <AreaSwatch tone={tone} />
          <SentText text={label} />
        </button>
      ))}
    </fieldset>
  );
}
