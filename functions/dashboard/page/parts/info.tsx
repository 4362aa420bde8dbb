import { useId, useRef } from 'preact/hooks';
import { type Definition, definition } from '../../../../shared/figures/definitions.ts';
import { counted, formatCount } from '../format.ts';

export interface InfoProps {
  of: Definition;
  /** What the figure is called where the button stands. */
  name: string;
  /** Sites that the figure is of. */
  base?: number | undefined;
  unknown?: number | undefined;
}

/** (i): how a figure is counted, of how many, and how many are unknown. */
export function Info({ of, name, base, unknown }: InfoProps) {
  const id = useId();
  const note = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const place = () => {
    const at = button.current?.getBoundingClientRect();
    const { current } = note;
    if (!at || !current) return;
    const { width, height } = current.getBoundingClientRect();
    current.style.left = `${Math.max(16, Math.min(at.left, innerWidth - width - 16))}px`;
    current.style.top = `${at.bottom + height + 8 > innerHeight ? Math.max(8, at.top - height - 4) : at.bottom + 4}px`;
  };
  return (
    <>
      <button ref={button} type="button" class="info" popovertarget={id} aria-label={`How “${name}” is counted`}>
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" />
          <path d="M8 7.2v4M8 4.4v1.2" stroke="currentColor" stroke-width="1.5" />
        </svg>
      </button>
      <div ref={note} id={id} class="note" popover="auto" onToggle={place}>
        <p>{definition[of]}</p>
        {base !== undefined && <p>Base: {counted(base, 'site')}.</p>}
        {unknown !== undefined && unknown > 0 && (
          <p>{formatCount(unknown)} did not say; they are in the total and in no share.</p>
        )}
        <p>
          <a href={`/about#${of}`}>All definitions</a>
        </p>
      </div>
    </>
  );
}
