import { useEffect, useRef, useState } from 'preact/hooks';
import { SentText } from '../parts/text.tsx';
import { AreaSwatch } from './area-legend.tsx';
import type { ReadoutLine } from './chart-frame.tsx';
import { Swatch } from './legend.tsx';

/** Who holds an arrow key down hears where it stops. */
const SPOKEN_AFTER_MS = 150;

export function LiveRegion({ text }: { text: string }) {
  const [spoken, setSpoken] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => setSpoken(text), SPOKEN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div class="unseen" role="status" aria-live="polite">
      {spoken}
    </div>
  );
}

interface ReadoutProps {
  name: string;
  lines: ReadoutLine[];
  /** Whether they are of areas, with patterns. */
  isArea: boolean;
  x: number;
  width: number;
}

/** What a place of a chart says, beside it. */
export function Readout({ name, lines, isArea, x, width }: ReadoutProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = box;
    if (!current) return;
    const own = current.offsetWidth;
    const left = x + own + 16 < width ? x + 12 : Math.max(0, x - own - 12);
    current.style.left = `${left}px`;
  });
  return (
    <div ref={box} class="readout" aria-hidden="true">
      <strong>{name}</strong>
      <dl>
        {lines.map(({ name: line, value, tone }) => (
          <>
            <dt>
              {isArea ? <AreaSwatch tone={tone} /> : <Swatch tone={tone} />} <SentText text={line} />
            </dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </div>
  );
}
