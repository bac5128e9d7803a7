import { chooseBackend } from '../../src/compute/index.ts';
import type { LoadedBackend } from '../../src/compute/backend.ts';
import { recipeSchema } from '../../src/contract/recipe.ts';
import { createRandom } from '../../src/core/random.ts';
import { createEagerStep } from '../../src/nn/eager-step.ts';
import { findNetwork } from '../../src/nn/models/index.ts';
import { classHead, type Network } from '../../src/nn/network.ts';
import type { PixelBatch, StepOptions, TrainingStep } from '../../src/nn/step.ts';
import { multiClassRules } from '../../src/nn/tasks/multi-class.ts';
import { initialWeights } from '../../src/nn/weights.ts';
import { beginState } from '../../src/worker/compute/begin-state.ts';
import type { StepForm } from '../benchmark.ts';
import type { TimingArguments } from './timing-arguments.ts';

export const learningRate = 1e-4;

export interface StepChoice {
  readonly network: Network;
  /** Where they are not the network's. */
  readonly pictureChannels?: number;
  /** Sizes of the batches that will come. */
  readonly batchSizes: readonly number[];
  /** Without, none. */
  readonly augmentation?: StepOptions['augmentation'];
}

/** Readroom's own step with Adam on a backend, its weights initialised. */
export function makeStep(
  backend: LoadedBackend,
  form: StepForm,
  { network, pictureChannels, batchSizes, augmentation = noAugmentation() }: StepChoice,
): TrainingStep {
  const recipe = recipeSchema.parse({});
  const channels = network.inputShape[2];
  const options: StepOptions = {
    network,
    rules: multiClassRules(network.head.outputs),
    ...(pictureChannels !== undefined && { pictureChannels }),
    seed: 1,
    optimizer: { ...recipe.optimizer, learningRate },
    loss: { ...recipe.loss, id: 'crossEntropy' },
    augmentation,
    normalization: {
      mean: new Array<number>(channels).fill(0),
      deviation: new Array<number>(channels).fill(1),
    },
    colour: null,
    classWeights: null,
    weightAveraging: 0,
    microBatchSize: null,
    batchSizes,
  };
  const step = form === 'eager' ? createEagerStep(options) : backend.createStep(options);
  beginState(step, () => initialWeights(network, 1));
  return step;
}

/** The step of one network as its peers are built, with dropout of a half, and a batch of noise. */
export async function stepUnderTest(
  { network: id, size, scale, batch: rows, threads }: TimingArguments,
  form: StepForm,
  prepare: (backend: LoadedBackend) => void = () => undefined,
): Promise<{ backend: LoadedBackend; step: TrainingStep; batch: PixelBatch }> {
  const channels = 3;
  const classes = 10;
  const { backend } = await chooseBackend('tensorflow', { threads });
  prepare(backend);
  const network = findNetwork(id).build({ size, channels, head: classHead(classes), scale, dropout: 0.5 });
  const step = makeStep(backend, form, { network, batchSizes: [rows] });
  const random = createRandom(1, 'bench');
  const pixels = Uint8Array.from({ length: rows * size * size * channels }, () => random.integer(256));
  const truths = Int32Array.from({ length: rows }, () => random.integer(classes));
  return { backend, step, batch: { rows, pixels, truths, table: null } };
}

function noAugmentation(): StepOptions['augmentation'] {
  return recipeSchema.parse({
    augmentation: {
      rotationDegrees: 0,
      widthShift: 0,
      heightShift: 0,
      shearDegrees: 0,
      zoom: 0,
      brightness: 0,
    },
  }).augmentation;
}
