import type { EpochSamples } from '../../contract/events.ts';
import type { LearningTask } from '../../contract/learning-task.ts';
import type { ManifestRow } from '../../contract/run-folder.ts';
import { chooseSamples } from '../../core/sample-rows.ts';
import { activated } from '../../nn/loss.ts';
import type { TargetScale, TaskRules } from '../../nn/tasks/rules.ts';

/** A few validation rows that a training is watched by. */
export interface SampleRows {
  readonly positions: readonly number[];
  /** What the network says of them after an epoch. */
  describe(epoch: number, logits: readonly Float32Array[]): EpochSamples;
}

/** Picks them: the same ones in every sitting of a run. None of a segmentation: a mask is no row of numbers. */
export function sampleRows(
  rows: readonly ManifestRow[],
  of: { seed: number; task: LearningTask; rules: TaskRules; scale: TargetScale | null },
): SampleRows {
  const { seed, task, rules, scale } = of;
  const strata = rows.map(({ label }) => (typeof label === 'number' ? label : (label[0] ?? -1)));
  const positions = task.kind === 'segmentation' ? [] : chooseSamples(strata, seed);
  const said = (logits: Float32Array): number[] => {
    const answers = [...rules.answers(activated(rules.head, logits))];
    return scale ? answers.map((value) => value * scale.deviation + scale.mean) : answers;
  };
  return {
    positions,
    describe: (epoch, logits) => ({
      epoch,
      rows: positions.map((position, index) => ({
        image: rows[position]!.image,
        truth: rows[position]!.label,
        probabilities: said(logits[index]!),
      })),
    }),
  };
}
