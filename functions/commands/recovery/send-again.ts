import { KINDS, type Kind, parseObjectName } from '../../../shared/event/object-name.ts';
import { type Cell, section, type Terminal } from '../terminal.ts';
import { costOfReplay } from './estimate.ts';
import { openPace } from './pace.ts';
import type { SendOptions } from './range-options.ts';
import type { RecoveryStores } from './recovery-stores.ts';
import { type Selection, selectObjects } from './select-objects.ts';
import { workThrough } from './work-through.ts';

/** How many objects are selected. */
export interface Counts {
  objects: number;
  kinds: Record<Kind, number>;
}

interface SendResult extends Counts {
  only: string;
  from: Date;
  to: Date;
  estimatedUsd: number;
  published: number;
}

/** In so many steps a second the rate is kept. */
const STEPS_PER_SECOND = 10;
const MAX_BATCH = 100;

/**
 * Sends the selected objects through the functions again, as if they had just been finalized, after it said how many and
 * what that costs. What readers see is not doubled by it, nor by doing it twice: every effect goes by the event's id.
 */
export async function sendAgain(
  selection: Selection,
  options: SendOptions,
  stores: RecoveryStores,
  terminal: Terminal,
): Promise<void> {
  const { notifications } = stores;
  const { hours, ...counts } = await countObjects(selectObjects(selection, stores), terminal);
  const { only, from, to } = selection;
  const plan = { only, from, to, ...counts, estimatedUsd: costOfReplay(counts.objects) };
  const done = (published: number) => terminal.result<SendResult>({ ...plan, published }, resultText, options);
  if (options.dryRun || counts.objects === 0) return done(0);
  terminal.note(planText(plan));
  if (!options.yes) await terminal.confirm('Send them through the functions again?');
  const pace = openPace(options.rate);
  const published = await workThrough(
    // hours in which there was nothing to send are not asked after again
    selectObjects({ ...selection, hours }, stores),
    {
      what: 'sending objects again',
      total: counts.objects,
      goesOnAfter: true,
      batchSize: Math.min(MAX_BATCH, Math.ceil(options.rate / STEPS_PER_SECOND)),
      work: async (names) => {
        await pace(names.length);
        await Promise.all(names.map((name) => notifications.publish(name)));
      },
    },
    terminal,
  );
  done(published);
}

/** Counts by kind; `hours`: in which there are any. */
export async function countObjects(
  names: AsyncIterable<string>,
  terminal: Terminal,
): Promise<Counts & { hours: ReadonlySet<number> }> {
  const hours = new Set<number>();
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  const progress = terminal.progress('counting objects');
  let objects = 0;
  try {
    for await (const name of names) {
      const parsed = parseObjectName(name);
      if (parsed === undefined) continue;
      kinds[parsed.kind] += 1;
      hours.add(parsed.hour.getTime());
      objects += 1;
      progress.update(objects, objects);
    }
  } finally {
    progress.end();
  }
  return { objects, kinds, hours };
}

export function countRows({ objects, kinds }: Counts): [string, Cell][] {
  return [['objects', objects], ...Object.entries(kinds)];
}

function planText(plan: Omit<SendResult, 'published'>): string {
  const { only, from, to, estimatedUsd } = plan;
  return section([
    ['from', from.toISOString()],
    ['to', to.toISOString()],
    ['only', only],
    ...countRows(plan),
    ['estimated cost', `$${estimatedUsd.toFixed(2)}`],
  ]);
}

function resultText({ published, ...plan }: SendResult): string {
  return published > 0 ? `${published} objects were sent again` : planText(plan);
}
