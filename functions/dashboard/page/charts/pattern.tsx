/** How areas of a tone are filled, so that they are told apart without colour: plain, lines, dots, … */
const SHAPES = [
  null,
  'M-1 1l2-2M0 6l6-6M5 7l2-2',
  'M3 0v6',
  'M0 3h6',
  'M-1 5l2 2M0 0l6 6M5-1l2 2',
  'M2 3h2',
  'M0 3h6M3 0v6',
  'M1 1h1M4 4h1',
];

/** Definitions for the areas of one chart; `id` keeps them apart from those of another. */
export function Patterns({ id, tones }: { id: string; tones: readonly number[] }) {
  return (
    <defs>
      {tones.map((tone) => (
        <pattern key={tone} id={`${id}-${tone}`} class={`t${tone}`} width="6" height="6" patternUnits="userSpaceOnUse">
          <rect class={SHAPES[tone] ? 'pattern-back' : 'fill'} width="6" height="6" />
          {SHAPES[tone] && <path class="stroke" d={SHAPES[tone] ?? ''} stroke-width="2" />}
        </pattern>
      ))}
    </defs>
  );
}

export const patternOf = (id: string, tone: number): string => `url(#${id}-${tone})`;
