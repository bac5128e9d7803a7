import * as tf from '@tensorflow/tfjs-core';

import { chooseBackend } from '../../../src/compute/index.ts';
import { recipeSchema } from '../../../src/contract/recipe.ts';
import { createRandom } from '../../../src/core/random.ts';
import { findNetwork } from '../../../src/nn/models/index.ts';
import { classHead } from '../../../src/nn/network.ts';
import { stepOptions } from '../../../src/nn/step.ts';
import { multiClassRules } from '../../../src/nn/tasks/multi-class.ts';
import { initialWeights } from '../../../src/nn/weights.ts';

/** Tensors that are alive after some steps of a training. */
export interface TensorCount {
  backend: string;
  device: string;
  afterSteps: [number, number];
  /** That tfjs knows of. A compiled step keeps its own in TensorFlow's session, where they have no number. */
  tensors: [number, number];
  /** That the binding to TensorFlow holds: what is fed and fetched, and tfjs's own. */
  nativeTensors: [number, number];
}

const channels = 3;
const [size, classes, rows] = [32, 10, 32];
const learningRate = 1e-4;
const settledAfter = 10;
const counted = 1000;

/** Counts the tensors of alexnet-small with every default augmentation after 10 steps and after 1,010. */
export async function countTensors(threads: number): Promise<TensorCount> {
  const { backend } = await chooseBackend('tensorflow', { threads });
  const recipe = recipeSchema.parse({ batchSize: rows, optimizer: { learningRate } });
  const network = findNetwork('alexnet-small').build({
    size,
    channels,
    head: classHead(classes),
    scale: 1,
    dropout: 0.3,
  });
  const normalization = { mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] };
  const step = backend.createStep(
    stepOptions(
      {
        ...recipe,
        loss: { ...recipe.loss, id: 'crossEntropy' },
        optimizer: { ...recipe.optimizer, learningRate },
      },
      {
        ...{ network, rules: multiClassRules(classes), normalization },
        ...{ colour: null, classWeights: null, trainRows: rows },
      },
    ),
  );
  step.writeState(initialWeights(network, recipe.seed));
  const random = createRandom(3, 'counted tensors');
  const pixels = Uint8Array.from({ length: rows * size * size * channels }, () => random.integer(256));
  const truths = Int32Array.from({ length: rows }, () => random.integer(classes));
  const native = tf.backend() as unknown as { getNumOfTFTensors(): number };
  const at: { tensors: number; native: number }[] = [];
  for (let index = 0; index < settledAfter + counted; index++) {
    await step.run({ rows, pixels, truths, table: null }, index, learningRate);
    if (index + 1 === settledAfter || index + 1 === settledAfter + counted) {
      at.push({ tensors: tf.memory().numTensors, native: native.getNumOfTFTensors() });
    }
  }
  step.dispose();
  const [before, after] = at as [(typeof at)[number], (typeof at)[number]];
  return {
    backend: backend.id,
    device: backend.device,
    afterSteps: [settledAfter, settledAfter + counted],
    tensors: [before.tensors, after.tensors],
    nativeTensors: [before.native, after.native],
  };
}
