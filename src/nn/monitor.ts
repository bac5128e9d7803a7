import type { EpochRecord } from '../contract/events.ts';
import type { Recipe } from '../contract/recipe.ts';
import type { Progress } from './progress.ts';

type EarlyStopping = Recipe['earlyStopping'];

/**
 * The value of an epoch that decides which one is best, turned so that less is better; null where it could not
 * be worked out. Such an epoch is never the best one.
 */
export function watchedValue(record: EpochRecord, monitor: EarlyStopping['monitor']): number | null {
  const value = record[monitor];
  if (value === null) return null;
  return monitor === 'valLoss' || monitor === 'valMae' ? value : -value;
}

/** The best epoch once `record` is there too; of equal ones the first. */
export function bestWith(
  best: Progress['best'],
  record: EpochRecord,
  monitor: EarlyStopping['monitor'],
): Progress['best'] {
  const value = watchedValue(record, monitor);
  if (value === null || (best !== null && value >= best.value)) return best;
  return { epoch: record.epoch, value };
}

/** Whether `patience` epochs have passed since the best one. */
export function stopsEarly({ patience }: EarlyStopping, { best, history }: Progress): boolean {
  return patience > 0 && best !== null && history.length - best.epoch >= patience;
}

/**
 * How often the watched value has come to a standstill: `patience` epochs in a row none of which is better than
 * the best before; then counting starts again. That is Keras' ReduceLROnPlateau with `min_delta` and `cooldown` 0,
 * worked out from the history alone, so that a resumed run finds the same.
 */
export function standstills(
  history: readonly EpochRecord[],
  patience: number,
  monitor: EarlyStopping['monitor'],
): number {
  let best = Infinity;
  let waited = 0;
  let found = 0;
  for (const record of history) {
    const value = watchedValue(record, monitor) ?? Infinity;
    waited = value < best ? 0 : waited + 1;
    best = Math.min(best, value);
    if (waited < patience) continue;
    found++;
    waited = 0;
  }
  return found;
}
