import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';

import type { LoadedBackend } from '../../compute/backend.ts';
import { chooseBackend } from '../../compute/index.ts';
import { diskError } from '../../files/disk-error.ts';
import { classesOf, taskOf } from '../../contract/learning-task.ts';
import type { MaskPredictions, MaskPredictionsRequest } from '../../contract/workers.ts';
import { pictureEdgeOf, tileCount, tileNumbers } from '../../core/tiles.ts';
import { activated } from '../../nn/loss.ts';
import { rulesOf } from '../../nn/tasks/index.ts';
import { littleEndianBytes } from '../../nn/weights.ts';
import { predictLogits, weightsToTensors } from '../../nn/eager-step.ts';
import type { Predict } from '../package/package-format.ts';
import { openInputs } from './inputs.ts';
import { masksAtOnce, predictMasks } from './mask-predictions.ts';
import { readModelFolder, type StoredModel } from './model-folder.ts';
import { openMasks } from './run-task.ts';
import { stitchedAnswers } from './stitched.ts';
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
  readonly table: readonly number[] | null;
  readonly to: string;
}

/** Sets a backend for whatever computes next. @throws ReadroomError `backendUnavailable` */
export async function prepareBackend(wish: string, threads: number | null = null): Promise<LoadedBackend> {
  const { backend } = await chooseBackend(wish, { threads: threads ?? availableParallelism() });
  return backend;
}

/**
 * Writes what a model says of uint8 inputs to a file, a batch at a time.
 *
 * @throws ReadroomError `badPackage`, `backendUnavailable`, `fileNotFound`, `diskFull`
 */
export async function predictToFile(
  request: PredictRequest,
): Promise<{ width: number; backend: string; device: string }> {
  const { model, network, weights } = await readModelFolder(request.modelFolder);
  const backend = await prepareBackend(request.backend, request.threads);
  const slots = request.slots ?? Array.from({ length: request.count }, (_, slot) => slot);
  const { tiles = null } = model;
  const { channels } = request;
  const inputs = await openInputs(request.inputs, { size: pictureEdgeOf(model), channels }, tiles);
  const { normalization } = model;
  const task = taskOf(model);
  const atOnce = task.kind === 'segmentation' ? masksAtOnce : predictionBatchSize;
  const numbers = tileNumbers(slots, tiles);
  const batchSize = Math.max(1, Math.min(atOnce, numbers.length));
  const predictor = backend.createPredictor({
    ...{ network, weights, normalization, batchSize },
    pictureChannels: channels,
  });
  const rules = rulesOf(task, { size: model.geometry.size, tiles });
  const table = request.table && Float32Array.from(request.table);
  try {
    const output = await open(request.to, 'w');
    try {
      const said = predictSlots(predictor, rules, { inputs, slots: numbers, table }, atOnce);
      for await (const some of stitchedAnswers(said, tiles, network.head.outputs)) {
        await output.appendFile(littleEndianBytes(some));
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
  return { width: rules.answerSize, backend: backend.id, device: backend.device };
}

/** Predicts masks by a stored model, as `predictMasks` of the compute contract asks. @throws ReadroomError `badPackage`, `backendUnavailable`, `fileNotFound`, `diskFull` */
export async function predictMasksToFile(request: MaskPredictionsRequest): Promise<MaskPredictions> {
  const { rows, channels, to } = request;
  const { model, network, weights } = await readModelFolder(request.modelFolder);
  const { normalization, tiles = null } = model;
  const size = pictureEdgeOf(model);
  const backend = await prepareBackend(request.backend, request.threads);
  const inputs = await openInputs(request.inputs, { size, channels }, tiles);
  const masks = await openMasks(request.masks, size);
  const batchSize = Math.max(1, Math.min(masksAtOnce, rows.length * tileCount(tiles)));
  const predictor = backend.createPredictor({
    ...{ network, weights, normalization, batchSize },
    pictureChannels: channels,
  });
  try {
    const classes = classesOf(taskOf(model)).length;
    const judged = { inputs, size, tiles, classes, rows, truths: masks.readWhole };
    return await predictMasks(predictor, judged, to);
  } finally {
    predictor.dispose();
    await masks.close();
    await inputs.close();
  }
}

/** What the last layer gives by a stored model's weights, of inputs that are normalised already. */
export function predictWith({ network, weights }: StoredModel): Predict {
  return async (inputs, _, table) => {
    const tensors = weightsToTensors(network, weights);
    const logits = await predictLogits(network, tensors, inputs, table);
    for (const tensor of tensors.values()) tensor.dispose();
    return activated(network.head, logits);
  };
}
