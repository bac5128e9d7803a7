import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

import type { LoadedBackend } from '../../compute/backend.ts';
import { chooseBackend } from '../../compute/index.ts';
import { diskError } from '../../files/disk-error.ts';
import { softmaxRows } from '../../nn/loss.ts';
import { littleEndianBytes } from '../../nn/weights.ts';
import { predictLogits, weightsToTensors } from '../../nn/eager-step.ts';
import type { Predict } from '../package/package-format.ts';
import { openInputs } from './inputs.ts';
import { readModelFolder, type StoredModel } from './model-folder.ts';
import { predictionBatchSize, predictSlots } from './validation-predictions.ts';

/** What `predict` of the compute contract asks for. */
export interface PredictRequest {
  readonly modelFolder: string;
  readonly backend: string;
  readonly threads: number | null;
  readonly inputs: string;
  readonly slots: readonly number[] | null;
  readonly count: number;
  readonly channels: 1 | 3;
  readonly to: string;
}

/** Sets a backend for whatever computes next. @throws ReadroomError `backendUnavailable` */
export async function prepareBackend(wish: string, threads: number | null = null): Promise<LoadedBackend> {
  const { backend } = await chooseBackend(wish, { threads: threads ?? availableParallelism() });
  return backend;
}

/**
 * Writes the probabilities of uint8 inputs to a file, a batch at a time.
 *
 * @throws ReadroomError `badPackage`, `backendUnavailable`, `fileNotFound`, `diskFull`
 */
export async function predictToFile(
  request: PredictRequest,
): Promise<{ classes: number; backend: string; device: string }> {
  const { model, network, weights } = await readModelFolder(request.modelFolder);
  const backend = await prepareBackend(request.backend, request.threads);
  const slots = request.slots ?? Array.from({ length: request.count }, (_, slot) => slot);
  const inputs = await openInputs(request.inputs, { ...model.geometry, channels: request.channels });
  const { normalization } = model;
  const batchSize = Math.max(1, Math.min(predictionBatchSize, slots.length));
  const predictor = backend.createPredictor({
    ...{ network, weights, normalization, batchSize },
    pictureChannels: request.channels,
  });
  try {
    const output = await open(request.to, 'w');
    try {
      for await (const batch of predictSlots(predictor, network, inputs, slots)) {
        await output.appendFile(littleEndianBytes(batch));
      }
    } finally {
      await output.close();
    }
  } catch (error) {
    throw diskError(error);
  } finally {
    predictor.dispose();
    await inputs.close();
  }
  return { classes: network.head.outputs, backend: backend.id, device: backend.device };
}

/** Probabilities by a stored model's weights, of inputs that are normalised already. */
export function predictWith({ network, weights }: StoredModel): Predict {
  return async (inputs) => {
    const tensors = weightsToTensors(network, weights);
    const logits = await predictLogits(network, tensors, inputs);
    for (const tensor of tensors.values()) tensor.dispose();
    return softmaxRows(logits, network.head.outputs);
  };
}
