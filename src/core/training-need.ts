import type { ResolvedRecipe } from '../contract/recipe.ts';
import type { LayerRow } from '../contract/run.ts';
import { frozenStagesAt } from './frozen-stages.ts';
import { microBatchOf } from './micro-batch.ts';
import { tileCount, tilesOf, wholeEdge } from './tiles.ts';

const floatBytes = 4;
const mebibyte = 2 ** 20;

/** What estimates rest on. */
export interface PlanFacts {
  readonly recipe: ResolvedRecipe;
  readonly layers: readonly LayerRow[];
  /** Images that are trained and validated on; null without a split. */
  readonly counts: { readonly train: number; readonly val: number } | null;
}

/** What an epoch goes through: images, or where a network sees tiles of them these; null without a split. */
export function epochRows({ recipe, counts }: Pick<PlanFacts, 'recipe' | 'counts'>): PlanFacts['counts'] {
  const each = tileCount(tilesOf(recipe.input));
  return counts && { train: counts.train * each, val: counts.val * each };
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
const passingOn = new Set(['batchNormalization', 'zeroPad2d', 'add', 'concat']);

/**
 * Layers by what they hold where a recipe freezes stages, in the last epoch, in which the fewest are frozen: those that
 * are moved; and those before the first of them, whose output nothing waits for.
 */
function byLearning({ recipe, layers }: PlanFacts): {
  moved: readonly LayerRow[];
  passed: readonly LayerRow[];
  waiting: readonly LayerRow[];
} {
  const frozen = frozenStagesAt(recipe.transfer, recipe.epochs - 1);
  const isMoved = ({ stage }: LayerRow): boolean => stage !== null && stage >= frozen;
  const first = frozen === 0 ? 0 : layers.findIndex(isMoved);
  return { moved: layers.filter(isMoved), passed: layers.slice(0, first), waiting: layers.slice(first) };
}

/** What memory grows with, in bytes but for the runtime's 1 and the number of layers: `memoryBytes` is their sum, each times its factor. */
export function memoryTerms(facts: PlanFacts, atOnce = microBatchOf(facts.recipe, null)): MemoryTerms {
  const { recipe, layers } = facts;
  const of = byLearning(facts);
  const { size, channels } = recipe.input;
  const batch = Math.min(recipe.batchSize, epochRows(facts)?.train ?? recipe.batchSize);
  const rows = Math.min(atOnce, batch);
  const weights = floatBytes * parametersOf(layers);
  const moved = floatBytes * parametersOf(of.moved);
  const pixels = size * size * channels;
  const bytesOf = (some: readonly LayerRow[]): number =>
    floatBytes * rows * some.reduce((sum, { shape }) => sum + product(shape), 0);
  const isPassing = ({ layerKind }: LayerRow): boolean => passingOn.has(layerKind);
  // A frozen layer's output is there with its input while it is computed, and no longer.
  const inPassing = 2 * Math.max(0, ...of.passed.map((layer) => bytesOf([layer])));
  const heavy = bytesOf(layers.filter((layer) => !isPassing(layer)));
  return {
    runtimeBytes: 1,
    graphBytes: layers.length,
    weights,
    slots: moved * slotsOf(recipe),
    sums: rows < batch ? moved : 0,
    activations: Math.min(heavy, bytesOf(of.waiting.filter((layer) => !isPassing(layer))) + inPassing),
    passedOn: bytesOf(of.waiting.filter(isPassing)),
    input: floatBytes * rows * pixels,
    batches: batch * pixels,
  };
}

/** What validation puts a row of tiles together in: a float64 for each output of its pixels. Computed, not measured. */
function stitchedBytes({ recipe, layers }: PlanFacts): number {
  const tiles = tilesOf(recipe.input);
  return tiles === null
    ? 0
    : 2 * floatBytes * tiles.edge * wholeEdge(tiles) * (layers.at(-1)?.shape.at(-1) ?? 0);
}

/** Resident bytes of the trainer at its peak. */
export function memoryBytes(facts: PlanFacts, atOnce?: number): number {
  const terms = memoryTerms(facts, atOnce);
  const names = Object.keys(memoryFactors) as (keyof MemoryTerms)[];
  return Math.round(
    names.reduce((sum, name) => sum + memoryFactors[name] * terms[name], stitchedBytes(facts)),
  );
}

/** The most images computed at once, of the powers of two below what the recipe has, with which it fits; null: none. */
export function microBatchThatFits(facts: PlanFacts, availableBytes: number): number | null {
  const now = Math.min(microBatchOf(facts.recipe, null), epochRows(facts)?.train ?? Infinity);
  // Of one image alone batch normalisation makes nothing.
  const least = normalizesBatches(facts) ? 2 : 1;
  let atOnce = 2 ** Math.ceil(Math.log2(now) - 1);
  while (atOnce >= least && memoryBytes(facts, atOnce) > availableBytes) atOnce /= 2;
  return atOnce >= least ? atOnce : null;
}

/** Whether images that are computed together change each other's result. */
export function normalizesBatches({ layers }: PlanFacts): boolean {
  return layers.some(({ layerKind }) => layerKind === 'batchNormalization');
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
