import type { ComponentChildren } from 'preact';
import { REACHED } from './reached.ts';

/** Holds what may be larger than its place. */
export function ScrollBox({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <section class="numbers-open" aria-label={label} {...REACHED}>
      {children}
    </section>
  );
}
