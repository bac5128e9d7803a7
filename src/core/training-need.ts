import type { ResolvedRecipe } from '../contract/recipe.ts';
import type { LayerRow } from '../contract/run.ts';
import { microBatchOf } from './micro-batch.ts';

const floatBytes = 4;
const mebibyte = 2 ** 20;

/** What estimates rest on. */
export interface PlanFacts {
  readonly recipe: ResolvedRecipe;
  readonly layers: readonly LayerRow[];
  /** Images that are trained and validated on; null without a split. */
  readonly counts: { readonly train: number; readonly val: number } | null;
}

/*
 * Fitted with bench/memory-fit.ts to the peak resident size of the trainer (VmHWM, TensorFlow 2.21 on two threads of an
 * x64 processor, one epoch of two steps with its checkpoints) over 26 recipes, from alexnet at 227×227×3 with 1,000
 * classes (2,121 MiB) to alexnet-small at 32×32×3 (525 MiB), residual and dense networks at 64 to 224 pixels among them:
 * none is undershot, and the largest overshoot is 8 %. Peaks of one recipe differ by up to 3 % from run to run.
 */
const memoryFactors = {
  /** Node, TensorFlow and their code before a network is there. */
  runtimeBytes: 508 * mebibyte,
  /** What TensorFlow's graph holds for each layer, forward and back. */
  graphBytes: 1.87 * mebibyte,
  /** Weights, gradients, and copies of both on the way to where they are used. */
  weights: 3.41,
  /** Each optimiser slot on the device, and its copy while a checkpoint is written. */
  slots: 1.47,
  /** Gradients of the pieces of a batch, summed up. */
  sums: 1.1,
  /** Activations that wait for their gradient. */
  activations: 1.02,
  /** What normalisation, padding, sums and joins give. */
  passedOn: 0.98,
  /** The images computed at once as read, moved, brightened and normalised. */
  input: 5.5,
  /** Batches as bytes. */
  batches: 6.8,
} as const;
export type MemoryTerms = Readonly<Record<keyof typeof memoryFactors, number>>;

/** Kinds of layers whose output costs less than a convolution's: nothing is laid out for them. */
const passingOn = new Set(['Batch normalisation', 'Zero padding', 'Sum', 'Channels joined']);

/** What memory grows with, in bytes but for the runtime's 1 and the number of layers: `memoryBytes` is their sum, each times its factor. */
export function memoryTerms(
  { recipe, layers, counts }: PlanFacts,
  atOnce = microBatchOf(recipe, null),
): MemoryTerms {
  const { size, channels } = recipe.input;
  const batch = Math.min(recipe.batchSize, counts?.train ?? recipe.batchSize);
  const rows = Math.min(atOnce, batch);
  const weights = floatBytes * parametersOf(layers);
  const pixels = size * size * channels;
  const bytesOf = (some: readonly LayerRow[]): number =>
    floatBytes * rows * some.reduce((sum, { shape }) => sum + product(shape), 0);
  return {
    runtimeBytes: 1,
    graphBytes: layers.length,
    weights,
    slots: weights * slotsOf(recipe),
    sums: rows < batch ? weights : 0,
    activations: bytesOf(layers.filter(({ kind }) => !passingOn.has(kind))),
    passedOn: bytesOf(layers.filter(({ kind }) => passingOn.has(kind))),
    input: floatBytes * rows * pixels,
    batches: batch * pixels,
  };
}

/** Resident bytes of the trainer at its peak. */
export function memoryBytes(facts: PlanFacts, atOnce?: number): number {
  const terms = memoryTerms(facts, atOnce);
  const names = Object.keys(memoryFactors) as (keyof MemoryTerms)[];
  return Math.round(names.reduce((sum, name) => sum + memoryFactors[name] * terms[name], 0));
}

/** The most images computed at once, of the powers of two below what the recipe has, with which it fits; null: none. */
export function microBatchThatFits(facts: PlanFacts, availableBytes: number): number | null {
  const { recipe, counts } = facts;
  const now = Math.min(microBatchOf(recipe, null), counts?.train ?? Infinity);
  // Of one image alone batch normalisation makes nothing.
  const least = normalizesBatches(facts) ? 2 : 1;
  let atOnce = 2 ** Math.ceil(Math.log2(now) - 1);
  while (atOnce >= least && memoryBytes(facts, atOnce) > availableBytes) atOnce /= 2;
  return atOnce >= least ? atOnce : null;
}

/** Whether images that are computed together change each other's result. */
export function normalizesBatches({ layers }: PlanFacts): boolean {
  return layers.some(({ kind }) => kind === 'Batch normalisation');
}

/** Numbers that are kept for each weight beside it. */
const optimizerSlots: Readonly<Record<ResolvedRecipe['optimizer']['id'], number>> = {
  adam: 2,
  adamw: 2,
  sgd: 1,
  rmsprop: 2,
};

/** The optimiser's slots, and the running mean of the weights where there is one. */
function slotsOf({ optimizer, weightAveraging }: SlotFacts): number {
  return optimizerSlots[optimizer.id] + (weightAveraging > 0 ? 1 : 0);
}
type SlotFacts = Pick<ResolvedRecipe, 'weightAveraging'> & {
  readonly optimizer: Pick<ResolvedRecipe['optimizer'], 'id'>;
};

/**
 * Bytes of a run's checkpoints and model: two full checkpoints and one being written, and as many weights alone
 * for the best epoch, its successor and the model.
 */
export function checkpointNeed(parameters: number, recipe: SlotFacts): number {
  return parameters * floatBytes * (3 * (1 + slotsOf(recipe)) + 3);
}

/** Bytes of that many pictures in the input cache. */
export function inputBytes(
  { size, channels }: { readonly size: number; readonly channels: number },
  images: number,
): number {
  return images * size * size * channels;
}

/** Trainable numbers of all layers. */
export function parametersOf(layers: readonly LayerRow[]): number {
  return layers.reduce((sum, { parameters }) => sum + parameters, 0);
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, length) => all * length, 1);
}
