import { highest, meanMetrics } from '../core/metric-values.ts';
import type { EpochRecord } from '../contract/events.ts';
import { type RowSource, readBatches } from './batches.ts';
import { crossEntropyOnHost, softmaxRows } from './loss.ts';
import type { TrainingStep } from './step.ts';

/** What the network says of the validation rows, in their order. */
export interface Validation {
  readonly labels: Int32Array;
  /** Rows × classes. */
  readonly logits: Float32Array;
  readonly classes: number;
  /** Mean cross-entropy in nats, without class weights; not finite when a logit is not. */
  readonly loss: number;
  readonly accuracy: number;
}

/** Predicts all rows of a source; null when a stop was requested meanwhile. */
export async function validate(
  step: Pick<TrainingStep, 'logits'>,
  source: RowSource,
  batchSize: number,
  around: { breathe(): Promise<void>; stopRequested(): boolean },
): Promise<Validation | null> {
  const labels = new Int32Array(source.count);
  let logits = new Float32Array();
  let classes = 0;
  let row = 0;
  const order = Array.from(labels, (_, position) => position);
  for await (const batch of readBatches(source, order, batchSize, 0)) {
    if (around.stopRequested()) return null;
    const values = await step.logits(batch.pixels);
    if (row === 0) {
      classes = values.length / batch.labels.length;
      logits = new Float32Array(source.count * classes);
    }
    logits.set(values, row * classes);
    labels.set(batch.labels, row);
    row += batch.labels.length;
    await around.breathe();
  }
  const { lossSum, correct } = crossEntropyOnHost(logits, labels, classes);
  return { labels, logits, classes, loss: lossSum / source.count, accuracy: correct / source.count };
}

/** What an epoch's record says of its validation. */
export type ValidationFigures = Pick<
  EpochRecord,
  'valLoss' | 'valAccuracy' | 'valBalancedAccuracy' | 'valF1' | 'valAuc'
>;

/** The logits of one row of a validation; a copy. */
export function logitsOfRow({ logits, classes }: Validation, row: number): Float32Array {
  return logits.slice(row * classes, (row + 1) * classes);
}

/**
 * Figures of a validation whose loss is finite. Of two classes the second is the positive one, as in an evaluation
 * without another choice; the AUC goes by probabilities, as an evaluation's does.
 */
export function validationFigures(validation: Validation): ValidationFigures {
  const { labels, logits, classes, loss, accuracy } = validation;
  const means = meanMetrics({
    count: labels.length,
    classes,
    truth: labels,
    predicted: Int32Array.from(labels, (_, row) => highest(logits, row * classes, classes)),
    probabilities: softmaxRows(logits, classes),
    positive: classes === 2 ? 1 : null,
  });
  return {
    valLoss: loss,
    valAccuracy: accuracy,
    valBalancedAccuracy: means?.balancedAccuracy ?? null,
    valF1: means?.f1 ?? null,
    valAuc: means?.auc ?? null,
  };
}
