import type { EpochRecord, SecondsRange, StepMeasures } from '../../../contract/events.ts';
import type { Recipe } from '../../../contract/recipe.ts';

/** Where a training stands inside its epoch. */
export interface StepState extends StepMeasures {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: SecondsRange;
}

/** A name that no other run has: `quick`, then `quick 2`, `quick 3`. */
export function freeName(wished: string, taken: readonly string[]): string {
  if (!taken.includes(wished)) return wished;
  for (let number = 2; ; number++) {
    const name = `${wished} ${number}`;
    if (!taken.includes(name)) return name;
  }
}

/** Records by epoch: a newer one of the same epoch replaces the older one. */
export function mergedHistory(known: readonly EpochRecord[], added: readonly EpochRecord[]): EpochRecord[] {
  const byEpoch = new Map([...known, ...added].map((record) => [record.epoch, record]));
  return [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch);
}

/** The epoch that would be kept if the run ended now; of equal ones the first. Null where none has the value. */
export function bestSoFar(
  history: readonly EpochRecord[],
  monitor: Recipe['earlyStopping']['monitor'],
): number | null {
  let best: { epoch: number; badness: number } | null = null;
  for (const record of history) {
    const value = record[monitor];
    if (value === null) continue;
    const badness = monitor === 'valLoss' || monitor === 'valMae' ? value : -value;
    if (best === null || badness < best.badness) best = { epoch: record.epoch, badness };
  }
  return best?.epoch ?? null;
}

/** Exponential mean of the values so far; the first stays as it is. */
export function smoothed(values: readonly number[], weight = 0.6): number[] {
  let mean: number | null = null;
  return values.map((value) => (mean = mean === null ? value : weight * mean + (1 - weight) * value));
}
