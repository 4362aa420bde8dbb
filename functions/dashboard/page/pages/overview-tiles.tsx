import type { ComponentChildren } from 'preact';
import type { Definition } from '../../../../shared/figures/definitions.ts';
import type { Headline } from '../../../../shared/figures/overview.ts';
import type { OverviewAnswer } from '../../api.ts';
import { formatChange, formatCount, formatDay, formatPoints, formatShare, formatSignedShare } from '../format.ts';
import { Info } from '../parts/info.tsx';
import { projectHref } from '../url-state.ts';

export function Tiles({ slug, data: { figures, period } }: { slug: string; data: OverviewAnswer }) {
  const { active, new: fresh, left, optIn } = figures;
  const before = period.compared ? `${formatDay(period.compared.from)} – ${formatDay(period.compared.to)}` : '';
  return (
    <div class="tiles">
      <Tile
        name="Active sites"
        figure={active}
        href={projectHref(slug, 'sites', { state: 'active' })}
        change={changeInSites(active, before)}
      />
      <Tile name="New" figure={fresh} change={changeInSites(fresh, before)} />
      <Tile
        name="Left"
        figure={left}
        href={projectHref(slug, 'deactivations', { since: period.from })}
        change={changeInSites(left, before)}
        fewerIsGood
      />
      <Tile
        name="Opt-in"
        figure={optIn}
        format={formatShare}
        base={optIn.of.base}
        change={optIn.change === null ? null : <span title={before}>{formatPoints(optIn.change)}</span>}
      />
    </div>
  );
}

function changeInSites({ change, before }: Headline, title: string) {
  if (change === null) return null;
  return (
    <span title={title}>
      {formatChange(change)}
      {before !== null && before > 0 && <span class="soft"> ({formatSignedShare(change / before)})</span>}
    </span>
  );
}

interface TileProps {
  name: string;
  figure: Headline & { definition: Definition };
  change: ComponentChildren;
  href?: string;
  format?: (value: number) => string;
  base?: number;
  fewerIsGood?: boolean;
}

function Tile({ name, figure, change, href, format = formatCount, base, fewerIsGood = false }: TileProps) {
  const { value, definition } = figure;
  const text = value === null ? '–' : format(value);
  return (
    <section class="card tile" aria-label={name}>
      <div class="tile-name">
        {name}
        <Info of={definition} name={name} base={base} />
      </div>
      <p class="tile-value">{href ? <a href={href}>{text}</a> : text}</p>
      <p class="small">
        {change === null ? (
          <span class="soft">nothing to compare with</span>
        ) : (
          <span class={toneOf(figure, fewerIsGood)}>{change}</span>
        )}
      </p>
    </section>
  );
}

/** A change that may be chance is neither good nor bad. */
function toneOf({ change, isClear }: Headline, fewerIsGood: boolean): string {
  if (!isClear || !change) return 'soft';
  return change > 0 !== fewerIsGood ? 'good' : 'bad';
}
