import path from 'node:path';

import type * as tf from '@tensorflow/tfjs-core';

import { type ManifestRow, type Predictions, runFormatVersion } from '../../contract/run-folder.ts';
import { normalizePixels } from '../../core/preprocess.ts';
import { writeFileWhole } from '../../files/durable.ts';
import { softmaxRows } from '../../nn/loss.ts';
import type { Network } from '../../nn/network.ts';
import { predictLogits, weightsToTensors } from '../../nn/step.ts';
import type { Weights } from '../../nn/weights.ts';
import type { OpenInputs } from './inputs.ts';
import type { ModelFacts } from './model-folder.ts';
import type { RunFiles } from './run-files.ts';

/** Pictures that are predicted at once. */
export const predictionBatchSize = 64;

/**
 * Probabilities of pictures in the input cache, a batch at a time.
 *
 * @param weights tensors by weight name, on the backend that is set
 * @yields n × classes float32, in the order of `slots`
 */
export async function* predictSlots(
  network: Network,
  weights: ReadonlyMap<string, tf.Tensor>,
  normalization: ModelFacts['normalization'],
  inputs: OpenInputs,
  slots: readonly number[],
): AsyncGenerator<Float32Array> {
  for (let start = 0; start < slots.length; start += predictionBatchSize) {
    const pixels = await inputs.read(slots.slice(start, start + predictionBatchSize));
    const logits = await predictLogits(network, weights, normalizePixels(pixels, normalization));
    yield softmaxRows(logits, network.classes);
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
}): Promise<void> {
  const { files, network, facts, inputs } = of;
  const rows = files.manifest.rows.val;
  const tensors = weightsToTensors(network, of.weights);
  const predicted: Predictions['rows'] = [];
  try {
    const slots = rows.map(({ slot }) => slot);
    for await (const batch of predictSlots(network, tensors, facts.normalization, inputs, slots)) {
      for (let start = 0; start < batch.length; start += network.classes) {
        predicted.push(
          predictionRow(rows[predicted.length]!, batch.subarray(start, start + network.classes)),
        );
      }
    }
  } finally {
    for (const tensor of tensors.values()) tensor.dispose();
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
