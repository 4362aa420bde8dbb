import type { ComponentChildren } from 'preact';
import { REACHED } from './reached.ts';

interface ScrollBoxProps {
  label: string;
  /** As high as what it holds. */
  isWhole?: boolean;
  children: ComponentChildren;
}

/** Holds what may be larger than its place. */
export function ScrollBox({ label, isWhole = false, children }: ScrollBoxProps) {
  return (
    <section class={`numbers-open ${isWhole ? 'whole' : ''}`} aria-label={label} {...REACHED}>
      {children}
    </section>
  );
}
