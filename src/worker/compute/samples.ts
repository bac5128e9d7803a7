import type { EpochSamples } from '../../contract/events.ts';
import type { ManifestRow } from '../../contract/run-folder.ts';
import { chooseSamples } from '../../core/sample-rows.ts';
import { softmaxRows } from '../../nn/loss.ts';

/** A few validation rows that a training is watched by. */
export interface SampleRows {
  readonly positions: readonly number[];
  /** What the network says of them after an epoch. */
  describe(epoch: number, logits: readonly Float32Array[]): EpochSamples;
}

/** Picks them: the same ones in every sitting of a run. */
export function sampleRows(rows: readonly ManifestRow[], seed: number): SampleRows {
  const positions = chooseSamples(
    rows.map(({ label }) => label),
    seed,
  );
  return {
    positions,
    describe: (epoch, logits) => ({
      epoch,
      rows: positions.map((position, index) => ({
        image: rows[position]!.image,
        truth: rows[position]!.label,
        probabilities: [...softmaxRows(logits[index]!, logits[index]!.length)],
      })),
    }),
  };
}
