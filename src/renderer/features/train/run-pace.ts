import type { EpochRecord } from '../../../contract/events.ts';
import { duration } from '../../../core/words.ts';

/** Where a training stands inside its epoch. */
export interface StepState {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

const recentEpochs = 10;
const tellingEpochs = 3;
/** How far one early estimate may be off. */
const earlySpread = 0.3;

/**
 * Seconds left as a range: from the slowest and quickest tenth of the recent epochs, or around the trainer's own
 * estimate while there are too few. Null before anything is known.
 */
export function timeLeft(
  history: readonly EpochRecord[],
  planned: number,
  step: StepState | null,
): { low: number; high: number } | null {
  const within = step !== null && step.epoch > history.length ? step.step / step.steps : 0;
  const epochsLeft = Math.max(0, planned - history.length - within);
  const seconds = history
    .slice(-recentEpochs)
    .map((record) => record.seconds)
    .sort((a, b) => a - b);
  if (seconds.length >= tellingEpochs)
    return { low: quantile(seconds, 0.1) * epochsLeft, high: quantile(seconds, 0.9) * epochsLeft };
  if (step === null) return null;
  return { low: step.secondsLeft * (1 - earlySpread), high: step.secondsLeft * (1 + earlySpread) };
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (place - below);
}

/** `3–4 min`, `45 s`, `55 s – 2 min`. */
export function rangeWords({ low, high }: { low: number; high: number }): string {
  const [from, to] = [duration(low), duration(high)];
  if (from === to) return from;
  const [fromNumber, fromUnit, ...fromRest] = from.split(' ');
  const [, toUnit, ...toRest] = to.split(' ');
  const sameUnit = fromUnit === toUnit && fromRest.length === 0 && toRest.length === 0;
  return sameUnit ? `${fromNumber}–${to}` : `${from} – ${to}`;
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

/** Exponential mean of the values so far; the first stays as it is. */
export function smoothed(values: readonly number[], weight = 0.6): number[] {
  let mean: number | null = null;
  return values.map((value) => (mean = mean === null ? value : weight * mean + (1 - weight) * value));
}
