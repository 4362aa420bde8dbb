/** A share of 1 as a bar; the number stands beside it. */
export function Bar({ share, tone = 0 }: { share: number; tone?: number }) {
  return (
    <svg class={`t${tone}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="10" rx="1" />
      <rect class="fill" width={Math.max(share > 0 ? 0.8 : 0, Math.min(1, share) * 100)} height="10" rx="1" />
    </svg>
  );
}

/** A value with its range, on a scale that several rows share. */
export function RangeBar({ value, low, high, most }: { value: number; low: number; high: number; most: number }) {
  const at = (one: number) => Math.min(100, (one / most) * 100);
  return (
    <svg class="t0" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="10" />
      <rect class="fill" width={at(value)} height="10" opacity="0.55" />
      <path
        class="whisker"
        vector-effect="non-scaling-stroke"
        d={`M${at(low)} 5H${at(high)}M${at(low)} 1v8M${at(high)} 1v8`}
      />
    </svg>
  );
}
