import * as tf from '@tensorflow/tfjs-core';

import { augmentedInput } from './augmentation/apply.ts';
import { forward } from './forward.ts';
import { lossAndGradients } from './gradients.ts';
import { type Network, outputSize, sizeOf, weightSpecs } from './network.ts';
import { createOptimizer, updateScalars } from './optimizers.ts';
import {
  averageOf,
  averagingDecay,
  isAveraged,
  isWatched,
  pictureShape,
  pieceOf,
  piecesOf,
  type PixelBatch,
  type RowInputs,
  type Predictor,
  type PredictorOptions,
  rowsFrom,
  rowsOf,
  stepFeeds,
  trainableOf,
  type StepOptions,
  type StepWeight,
  stepWeights,
  type TrainingStep,
} from './step.ts';
import { drawOnHost } from './uniform.ts';
import { weightOf, type Weights } from './weights.ts';

/** One tensor of the weights with what belongs to it, on the device. Updates replace the tensors. */
interface Parameter {
  readonly spec: StepWeight;
  value: tf.Tensor;
  slots: tf.Tensor[];
  average: tf.Tensor | null;
}

interface Gradient {
  readonly loss: number;
  readonly correct: number;
  readonly gradients: tf.Tensor[];
}

/** The step as tfjs operations, one after another, on the backend that is set. Starts with no state. */
export function createEagerStep(options: StepOptions): TrainingStep {
  const { rules, seed } = options;
  const specs = stepWeights(options);
  const moved = specs.filter(({ rate }) => rate > 0);
  const optimizer = createOptimizer(options.optimizer);
  let parameters: Parameter[] = [];

  const freeParameters = (): void => {
    for (const { value, slots, average } of parameters)
      tf.dispose([value, ...slots, ...(average ? [average] : [])]);
    parameters = [];
  };

  const gradientOf = async (batch: PixelBatch, step: number): Promise<Gradient> => {
    let [loss, correct] = [0, 0];
    let gradients: tf.Tensor[] = [];
    for (const piece of piecesOf(batch.rows, options.microBatchSize)) {
      const { pixels, truths } = pieceOf(batch, piece);
      const computed = tf.tidy(() => {
        const feeds = [...stepFeeds(options, batch, piece, step)];
        return lossAndGradients(
          options,
          parameters.map(({ value }) => value),
          tf.tensor4d(Float32Array.from(pixels), [piece.rows, ...pictureShape(options)]),
          new Map(feeds.map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape])])),
          drawOnHost(seed, step, piece.firstRow),
        );
      });
      loss += (await computed.loss.data())[0]!;
      if (rules.countsCorrect) correct += rules.correct(await computed.logits.data<'float32'>(), truths);
      tf.dispose([computed.loss, computed.logits]);
      gradients = summed(gradients, computed.gradients);
    }
    return { loss, correct, gradients };
  };

  const update = (gradients: readonly tf.Tensor[], step: number, learningRate: number): void => {
    const kept = averagingDecay(options.weightAveraging, step);
    const moving = parameters.filter(({ spec }) => spec.rate > 0);
    moving.forEach((parameter, i) => {
      const { spec, value, slots, average } = parameter;
      const scalars = updateScalars(options.optimizer, step - spec.since, learningRate * spec.rate);
      const [next, ...nextSlots] = tf.tidy(() =>
        optimizer.update(spec, value, slots, gradients[i]!, scalars),
      );
      tf.dispose([value, ...slots]);
      Object.assign(parameter, { value: next, slots: nextSlots });
      if (!average) return;
      parameter.average = tf.tidy(() => tf.sub(average, tf.mul(tf.sub(average, next!), 1 - kept)));
      average.dispose();
    });
  };

  return {
    run: async (batch, step, learningRate, measure = false) => {
      const { clipNorm } = options.optimizer;
      const { loss, correct, gradients } = await gradientOf(batch, step);
      const gradientNorm =
        measure || clipNorm !== null ? await lengthOf(trainableOf(moved, gradients)) : null;
      const finite = Number.isFinite(loss) && (clipNorm === null || Number.isFinite(gradientNorm));
      const maxGradient = finite ? null : await largestMagnitude(trainableOf(moved, gradients));
      if (finite) {
        const factor = clipNorm !== null && gradientNorm! > clipNorm ? clipNorm / gradientNorm! : 1;
        const clipped =
          factor === 1
            ? gradients
            : tf.tidy(() =>
                gradients.map((one, i) => (moved[i]!.trainable ? tf.mul(one, factor) : one.clone())),
              );
        update(clipped, step, learningRate);
        if (clipped !== gradients) tf.dispose(clipped);
      }
      tf.dispose(gradients);
      const weightsFinite = Number.isFinite(
        await lengthOf(parameters.filter(({ spec }) => isWatched(spec)).map(({ value }) => value)),
      );
      return { loss, correct, weightsFinite, gradientNorm, maxGradient };
    },
    logits: (inputs) => {
      const weights = parameters.map(({ spec, value, average }) => [spec.name, average ?? value] as const);
      return eagerLogits(options, new Map(weights), inputs);
    },
    stateTensors: specs.flatMap((spec) =>
      [
        spec.name,
        ...optimizer.slotNames(spec).map((slot) => `${spec.name}#${slot}`),
        ...(isAveraged(options, spec) ? [averageOf(spec.name)] : []),
      ].map((key) => ({ key, length: sizeOf(spec.shape) })),
    ),
    isFinite: async () => {
      const tensors = parameters.flatMap(({ value, slots, average }) => [
        value,
        ...slots,
        ...(average ? [average] : []),
      ]);
      for (const tensor of tensors) {
        // Zero times a finite number is zero; their sum cannot overflow.
        const sum = tf.tidy(() => tf.sum(tf.mul(tensor, 0)));
        const [value] = await sum.data();
        sum.dispose();
        if (value !== 0) return false;
      }
      return true;
    },
    readState: async (keys) => {
      const state = new Map<string, Float32Array>();
      const read = async (key: string, tensor: tf.Tensor): Promise<void> => {
        if (!keys || keys.includes(key)) state.set(key, await copyOf(tensor));
      };
      for (const { spec, value, slots, average } of parameters) {
        await read(spec.name, value);
        for (const [i, slot] of slots.entries())
          await read(`${spec.name}#${optimizer.slotNames(spec)[i]!}`, slot);
        if (average) await read(averageOf(spec.name), average);
      }
      return state;
    },
    writeState: (state) => {
      freeParameters();
      parameters = specs.map((spec) => {
        const shape = [...spec.shape];
        const value = weightOf(state, spec);
        return {
          spec,
          value: tf.tensor(value, shape),
          slots: optimizer
            .slotNames(spec)
            .map((slot) =>
              tf.tensor(state.get(`${spec.name}#${slot}`) ?? new Float32Array(sizeOf(shape)), shape),
            ),
          average: isAveraged(options, spec)
            ? tf.tensor(state.get(averageOf(spec.name)) ?? value, shape)
            : null,
        };
      });
    },
    dispose: freeParameters,
  };
}

/** A predictor of tfjs operations, one after another, on the backend that is set. */
export function createEagerPredictor(options: PredictorOptions): Predictor {
  const { network, batchSize } = options;
  const tensors = weightsToTensors(network, options.weights);
  const length = outputSize(network);
  return {
    logits: async (inputs) => {
      const rows = rowsOf(inputs, options);
      const logits = new Float32Array(rows * length);
      for (let row = 0; row < rows; row += batchSize) {
        const piece = rowsFrom(inputs, rows, row, Math.min(batchSize, rows - row));
        logits.set(await eagerLogits(options, tensors, piece), row * length);
      }
      return logits;
    },
    dispose: () => tf.dispose([...tensors.values()]),
  };
}

/** Logits, n × outputs, by tensors of weights. */
async function eagerLogits(
  options: Pick<PredictorOptions, 'network' | 'pictureChannels' | 'normalization'>,
  weights: ReadonlyMap<string, tf.Tensor>,
  inputs: RowInputs,
): Promise<Float32Array> {
  const { network, normalization } = options;
  const logits = tf.tidy(() => {
    const rows = rowsOf(inputs, options);
    const picture = tf.tensor4d(Float32Array.from(inputs.pixels), [rows, ...pictureShape(options)]);
    const seen = augmentedInput(picture, null, null, null, normalization);
    const { table } = inputs;
    const input = table ? { ...seen, table: tf.tensor2d(table, [rows, table.length / rows]) } : seen;
    return forward(network, weights, input, null);
  });
  const values = await logits.data<'float32'>();
  logits.dispose();
  return values;
}

/** Weights as tensors by name, for `predictLogits`. The caller disposes them. */
export function weightsToTensors(network: Network, weights: Weights): Map<string, tf.Tensor> {
  return new Map(
    weightSpecs(network).map((spec) => [spec.name, tf.tensor(weightOf(weights, spec), [...spec.shape])]),
  );
}

/**
 * Logits of normalised pictures, n × outputs, on the backend that is set.
 *
 * @param weights tensors by weight name
 * @param inputs n × size × size × channels
 * @param table n × features, for a network that reads the clinical table
 */
export async function predictLogits(
  network: Network,
  weights: ReadonlyMap<string, tf.Tensor>,
  inputs: Float32Array,
  table: Float32Array | null,
): Promise<Float32Array> {
  const rows = inputs.length / sizeOf(network.inputShape);
  const logits = tf.tidy(() => {
    const pictures = tf.tensor4d(inputs, [rows, ...network.inputShape]);
    const beside = table && { table: tf.tensor2d(table, [rows, table.length / rows]) };
    return forward(network, weights, { pictures, pending: null, ...beside }, null);
  });
  const values = await logits.data<'float32'>();
  logits.dispose();
  return values;
}

/** Adds gradients up; the addends are disposed. */
function summed(sums: tf.Tensor[], addends: tf.Tensor[]): tf.Tensor[] {
  if (sums.length === 0) return addends;
  const next = tf.tidy(() => sums.map((sum, i) => tf.add(sum, addends[i]!)));
  tf.dispose([sums, addends]);
  return next;
}

async function lengthOf(tensors: readonly tf.Tensor[]): Promise<number> {
  const length = tf.tidy(() => tf.sqrt(tf.addN(tensors.map((tensor) => tf.sum(tf.square(tensor))))));
  const [value] = await length.data();
  length.dispose();
  return value!;
}

async function largestMagnitude(tensors: readonly tf.Tensor[]): Promise<number> {
  let largest = 0;
  for (const tensor of tensors) {
    for (const value of await tensor.data()) {
      if (Number.isNaN(value)) return NaN;
      largest = Math.max(largest, Math.abs(value));
    }
  }
  return largest;
}

/** A device tensor's values that no later update can change: some backends hand out their own memory. */
async function copyOf(tensor: tf.Tensor): Promise<Float32Array> {
  return (await tensor.data<'float32'>()).slice();
}
