import * as tf from '@tensorflow/tfjs-core';

import type { ResolvedRecipe } from '../contract/recipe.ts';
import { normalizePixels } from '../core/preprocess.ts';
import { type Augmentation, augmentedInput, drawAugmentation, type Normalization } from './augmentation.ts';
import { forward } from './forward.ts';
import { softmaxCrossEntropy } from './loss.ts';
import { type Network, sizeOf, weightSpecs } from './network.ts';
import { createOptimizer, type FusedAdam, type Parameter } from './optimizers.ts';
import { weightOf, type Weights } from './weights.ts';

/** Pictures as they lie in the input cache, with their class positions. */
export interface PixelBatch {
  /** labels.length × size × size × channels, uint8. */
  readonly pixels: Uint8Array;
  readonly labels: Int32Array;
}

export interface StepResult {
  /** Mean over the batch, class weights applied; before the update. Not finite: no update was made. */
  readonly loss: number;
  /** Rows whose largest logit was their label's, dropout and augmentation in effect. */
  readonly correct: number;
  /** Largest absolute gradient, NaN if one is; only worked out when the loss is not finite, else null. */
  readonly maxGradient: number | null;
}

/** Weights and optimiser slots. A slot's key is `<weight>#<slot>`. */
export type TrainingState = ReadonlyMap<string, Float32Array>;

/** The weights of a state, without slots; the arrays are shared. */
export function weightsOfState(state: TrainingState): Map<string, Float32Array> {
  return new Map([...state].filter(([key]) => !key.includes('#')));
}

/**
 * One training step and the state that it advances. The eager implementation is below; a compiled graph
 * can stand behind the same interface, for everything random is a function of seed and step.
 */
export interface TrainingStep {
  /** @param step from 0 over the whole run; decides augmentation, dropout and Adam's bias correction */
  run(batch: PixelBatch, step: number, learningRate: number): Promise<StepResult>;
  /** Logits of pictures without augmentation or dropout, n × classes. */
  logits(pixels: Uint8Array): Promise<Float32Array>;
  readWeights(): Promise<Map<string, Float32Array>>;
  readState(): Promise<Map<string, Float32Array>>;
  /** Replaces the state; slots that are missing start at zero. @throws Error for a missing or misshapen weight */
  writeState(state: TrainingState): void;
  /** Frees everything on the device. */
  dispose(): void;
}

export interface StepOptions {
  readonly network: Network;
  readonly seed: number;
  readonly optimizer: ResolvedRecipe['optimizer'];
  readonly augmentation: Augmentation;
  readonly normalization: Normalization;
  readonly classWeights: readonly number[] | null;
  readonly fusedAdam: FusedAdam | null;
}

/** The step as tfjs operations, one after another, on the backend that is set. Starts with no state. */
export function createEagerStep(options: StepOptions): TrainingStep {
  const { network, seed } = options;
  const [size, , channels] = network.inputShape;
  const specs = weightSpecs(network);
  const optimizer = createOptimizer(options.optimizer, options.fusedAdam);
  let parameters: Parameter[] = [];

  const weightTensors = (): Map<string, tf.Tensor> =>
    new Map(parameters.map((parameter) => [parameter.spec.name, parameter.value]));
  const freeParameters = (): void => {
    for (const parameter of parameters) tf.dispose([parameter.value, ...parameter.slots]);
    parameters = [];
  };

  const gradientsOf = (
    batch: PixelBatch,
    step: number,
  ): { loss: tf.Tensor; logits: tf.Tensor; gradients: tf.Tensor[] } =>
    tf.tidy(() => {
      const rows = batch.labels.length;
      const draws = Array.from({ length: rows }, (_, index) =>
        drawAugmentation(options.augmentation, size, seed, step, index),
      );
      const input = augmentedInput(
        batch.pixels,
        [rows, size, size, channels],
        draws,
        options.augmentation,
        options.normalization,
      );
      let logits: tf.Tensor2D | null = null;
      const { value, grads } = tf.engine().gradients(
        () => {
          logits = forward(network, weightTensors(), input, { seed, step });
          tf.keep(logits);
          return softmaxCrossEntropy(logits, batch.labels, options.classWeights);
        },
        parameters.map((parameter) => parameter.value),
      );
      return { loss: value, logits: logits!, gradients: grads };
    });

  return {
    run: async (batch, step, learningRate) => {
      const { loss, logits, gradients } = gradientsOf(batch, step);
      const [lossValue, logitValues] = [(await loss.data())[0]!, (await logits.data()) as Float32Array];
      const finite = Number.isFinite(lossValue);
      const maxGradient = finite ? null : await largestMagnitude(gradients);
      if (finite) {
        parameters.forEach((parameter, i) => optimizer.update(parameter, gradients[i]!, step, learningRate));
      }
      tf.dispose([loss, logits, ...gradients]);
      return {
        loss: lossValue,
        correct: countCorrect(logitValues, batch.labels, network.classes),
        maxGradient,
      };
    },
    logits: (pixels) =>
      predictLogits(network, weightTensors(), normalizePixels(pixels, options.normalization)),
    readWeights: async () => {
      const weights = new Map<string, Float32Array>();
      for (const { spec, value } of parameters) weights.set(spec.name, await copyOf(value));
      return weights;
    },
    readState: async () => {
      const state = new Map<string, Float32Array>();
      for (const { spec, value, slots } of parameters) {
        state.set(spec.name, await copyOf(value));
        for (const [i, slot] of slots.entries())
          state.set(`${spec.name}#${optimizer.slotNames[i]!}`, await copyOf(slot));
      }
      return state;
    },
    writeState: (state) => {
      freeParameters();
      parameters = specs.map((spec) => ({
        spec,
        value: tf.tensor(weightOf(state, spec), [...spec.shape]),
        slots: optimizer.slotNames.map((slot) =>
          tf.tensor(state.get(`${spec.name}#${slot}`) ?? new Float32Array(sizeOf(spec.shape)), [
            ...spec.shape,
          ]),
        ),
      }));
    },
    dispose: () => {
      freeParameters();
      optimizer.dispose();
    },
  };
}

/**
 * Logits of normalised pictures, n × classes, on the backend that is set.
 *
 * @param weights tensors by weight name
 * @param inputs n × size × size × channels
 */
export async function predictLogits(
  network: Network,
  weights: ReadonlyMap<string, tf.Tensor>,
  inputs: Float32Array,
): Promise<Float32Array> {
  const shape = network.inputShape;
  const logits = tf.tidy(() => {
    const rows = inputs.length / sizeOf(shape);
    return forward(network, weights, tf.tensor4d(inputs, [rows, ...shape]), null);
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

function countCorrect(logits: Float32Array, labels: Int32Array, classes: number): number {
  let correct = 0;
  labels.forEach((label, i) => {
    let largest = 0;
    for (let c = 1; c < classes; c++)
      if (logits[i * classes + c]! > logits[i * classes + largest]!) largest = c;
    if (largest === label) correct++;
  });
  return correct;
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
