import { availableParallelism, loadavg } from 'node:os';

import type { Contestant, Rounds } from './rounds.ts';
import { ratioOf, shownRatio, shownSpread, type Spread, spreadOf } from './statistics.ts';

/** A figure that contestants are compared by. */
export interface Measure<Figures> {
  readonly what: string;
  /** Of a time the ratio is the peer's to ours, so that more than 1 is faster; of all else ours to the peer's. */
  readonly isTime?: boolean;
  /** Null where a contestant has no such figure. */
  of(figures: Figures): number | null;
}

/** What a ratio of ours to a peer's is to reach on a quiet machine of two cores. */
export interface Aim {
  readonly of: string;
  readonly peer: string;
  readonly ratio: number;
  /** Memory is to stay below. */
  readonly isMost?: boolean;
}

/** One measure: every contestant's spread, and ours to each peer's. */
export interface Compared {
  readonly what: string;
  readonly figures: Readonly<Record<string, Spread & { values: readonly number[] }>>;
  readonly ratios: Readonly<Record<string, Spread>>;
}

const ours = 'readroom';

/** Compares the contestant `readroom` with each other one, by each measure that both have. */
export function compare<Figures>(rounds: Rounds<Figures>, measures: readonly Measure<Figures>[]): Compared[] {
  return measures.flatMap(({ what, isTime = false, of }) => {
    const values = new Map<string, number[]>();
    for (const [id, figures] of rounds) {
      const found = figures.map(of).filter((value) => value !== null);
      if (found.length === figures.length) values.set(id, found);
    }
    const own = values.get(ours);
    if (!own) return [];
    const peers = [...values].filter(([id]) => id !== ours);
    return [
      {
        what,
        figures: Object.fromEntries([...values].map(([id, all]) => [id, { ...spreadOf(all), values: all }])),
        ratios: Object.fromEntries(
          peers.map(([id, all]) => [id, isTime ? ratioOf(all, own) : ratioOf(own, all)]),
        ),
      },
    ];
  });
}

/** Rows of Markdown: a measure a row, a contestant a column, and below, ours to each peer's. */
export function comparisonTable(
  compared: readonly Compared[],
  contestants: readonly Pick<Contestant<unknown>, 'id' | 'name'>[],
): string[] {
  const peers = contestants.filter(({ id }) => id !== ours);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const columns = [
    'measure',
    ...contestants.map(({ name }) => name),
    ...peers.map(({ name }) => `to ${name}`),
  ];
  return [
    row(columns),
    row(columns.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...compared.map(({ what, figures, ratios }) =>
      row([
        what,
        ...contestants.map(({ id }) => (figures[id] ? shownSpread(figures[id]) : '–')),
        ...peers.map(({ id }) => (ratios[id] ? shownRatio(ratios[id]) : '–')),
      ]),
    ),
  ];
}

/** Lines that say how far each aim is reached; they are no bar, for they were set for another machine. */
export function aimLines(
  aims: readonly Aim[],
  compared: readonly Compared[],
  contestants: readonly Pick<Contestant<unknown>, 'id' | 'name'>[],
): string[] {
  return aims.flatMap(({ of, peer, ratio, isMost = false }) => {
    const found = compared.find(({ what }) => what === of)?.ratios[peer]?.median;
    if (found === undefined) return [];
    const name = contestants.find(({ id }) => id === peer)!.name;
    const isReached = isMost ? found <= ratio : found >= ratio;
    return [
      `- ${of}, to ${name}: aim ${isMost ? '≤' : '≥'} ${ratio.toFixed(2)}×, measured ${found.toFixed(2)}×: ${isReached ? 'reached' : '**not reached**'}`,
    ];
  });
}

/** How the figures came about, for under every comparison. */
export function conditions(loadBefore: number, repeats: number, libraries: readonly string[]): string[] {
  const spread =
    repeats === 1
      ? 'Each ran once.'
      : `Median of ${repeats} rounds (lowest–highest); a ratio is that of the medians (lowest–highest of a round's own pair).`;
  return [
    `${spread} In turns, each in a fresh process. ${availableParallelism()} threads each.`,
    `Load of the machine before: ${loadBefore.toFixed(1)}.`,
    `Versions: ${libraries.join('; ')}.`,
  ];
}

export const loadNow = (): number => loadavg()[0]!;
