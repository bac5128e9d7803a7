import path from 'node:path';

import { type ManifestRow, type Predictions, runFormatVersion } from '../../contract/run-folder.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { readRunMemory } from '../../files/run-memory.ts';
import { softmaxRows } from '../../nn/loss.ts';
import type { Network } from '../../nn/network.ts';
import type { Predictor, PredictorOptions } from '../../nn/step.ts';
import type { Weights } from '../../nn/weights.ts';
import type { OpenInputs } from './inputs.ts';
import type { ModelFacts } from './model-folder.ts';
import type { RunFiles } from './run-files.ts';

/** Pictures that are predicted at once. */
export const predictionBatchSize = 64;

/**
 * Probabilities of pictures in the input cache, a batch at a time.
 *
 * @yields n × classes float32, in the order of `slots`
 */
export async function* predictSlots(
  predictor: Predictor,
  { head }: Pick<Network, 'head'>,
  inputs: OpenInputs,
  slots: readonly number[],
): AsyncGenerator<Float32Array> {
  for (let start = 0; start < slots.length; start += predictionBatchSize) {
    const pixels = await inputs.read(slots.slice(start, start + predictionBatchSize));
    yield softmaxRows(await predictor.logits(pixels), head.outputs);
  }
}

/** Writes `predictions/val.json`. The test part is predicted only when it is evaluated. */
export async function writeValidationPredictions(of: {
  runFolder: string;
  files: RunFiles;
  facts: ModelFacts;
  network: Network;
  weights: Weights;
  checksum: string;
  inputs: OpenInputs;
  createPredictor: (options: PredictorOptions) => Predictor;
}): Promise<void> {
  const { files, network, weights, inputs } = of;
  const rows = files.manifest.rows.val;
  const { normalization } = of.facts;
  // What the training had no memory for, this has none for.
  const atOnce = (await readRunMemory(of.runFolder))?.microBatchSize ?? predictionBatchSize;
  const batchSize = Math.min(predictionBatchSize, atOnce, rows.length);
  const predictor = of.createPredictor({
    ...{ network, weights, normalization, batchSize },
    pictureChannels: files.manifest.inputs.geometry.channels,
  });
  const predicted: Predictions['rows'] = [];
  try {
    const slots = rows.map(({ slot }) => slot);
    for await (const batch of predictSlots(predictor, network, inputs, slots)) {
      for (let start = 0; start < batch.length; start += network.head.outputs) {
        predicted.push(
          predictionRow(rows[predicted.length]!, batch.subarray(start, start + network.head.outputs)),
        );
      }
    }
  } finally {
    predictor.dispose();
  }
  const predictions: Predictions = {
    formatVersion: runFormatVersion,
    run: files.manifest.run,
    split: 'val',
    weightsSha256: of.checksum,
    rows: predicted,
  };
  await writeFileWhole(path.join(of.runFolder, 'predictions', 'val.json'), JSON.stringify(predictions));
}

function predictionRow(
  { image, patient, label }: ManifestRow,
  probabilities: Float32Array,
): Predictions['rows'][number] {
  return { image, patient, truth: label, probabilities: [...probabilities] };
}
