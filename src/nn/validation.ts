import { type RowSource, readBatches } from './batches.ts';
import type { TrainingStep } from './step.ts';
import type { TaskRules } from './tasks/rules.ts';
import type { ValidationFigures } from './validation-figures.ts';

/** What the network says of the validation rows. */
export interface Validation {
  /** The loss is not finite when a logit is not. */
  readonly figures: ValidationFigures;
  /** Logits of the rows that were asked for, in their order. */
  readonly samples: readonly Float32Array[];
}

/**
 * Predicts all rows of a source; null when a stop was requested meanwhile.
 *
 * @param samples positions whose logits are wanted
 */
export async function validate(
  step: Pick<TrainingStep, 'logits'>,
  rules: Pick<TaskRules, 'tally'>,
  source: RowSource,
  { batchSize, samples }: { readonly batchSize: number; readonly samples: readonly number[] },
  around: { breathe(): Promise<void>; stopRequested(): boolean },
): Promise<Validation | null> {
  const tally = rules.tally();
  const kept = new Map<number, Float32Array>();
  const order = Array.from({ length: source.count }, (_, position) => position);
  let row = 0;
  for await (const batch of readBatches(source, order, batchSize, 0)) {
    if (around.stopRequested()) return null;
    const logits = await step.logits(batch);
    tally.add(logits, batch.truths);
    const length = logits.length / batch.rows;
    for (const position of samples) {
      const at = position - row;
      if (at >= 0 && at < batch.rows) kept.set(position, logits.slice(at * length, (at + 1) * length));
    }
    row += batch.rows;
    await around.breathe();
  }
  return { figures: tally.figures(), samples: samples.map((position) => kept.get(position)!) };
}
