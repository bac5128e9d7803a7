import type { ResolvedRecipe } from '../contract/recipe.ts';
import type { LayerRow, TrainingPlan } from '../contract/run.ts';
import { quantity } from './figures.ts';
import { count, counted } from './words.ts';

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
 * Constants of `memoryBytes`, fitted to the peak resident size of the trainer (VmHWM, TensorFlow 2.21 on two
 * threads of an x64 processor, one epoch with its checkpoint) over eight recipes: alexnet at 227×227×3, batch 32
 * and 1,000 classes, 2,808 MiB; batch 8 and two classes, 2,401; the same with SGD and batch 16, 2,648; half width
 * 227×227×1, batch 64, 1,451; quarter width 128×128×1, batch 16 and 128, 524 and 664; alexnet-small 32×32×3,
 * batch 32 and 256, 517 and 810. They are met within 9 %, and never undershot by more than 1 %.
 */
/** Node, TensorFlow and their code before a network is there. */
const runtimeBytes = 455 * mebibyte;
/** Weights, gradients and optimiser slots on the device, and their copies while a checkpoint is written. */
const copiesOfWeights = 8.5;
/** Each activation forward, its gradient, and what convolutions lay out for themselves. */
const copiesOfActivations = 5;
/** The batch as read, moved, brightened and normalised. */
const copiesOfInput = 4;

/** Resident bytes of the trainer at its peak. */
export function memoryBytes({ recipe, layers, counts }: PlanFacts, batchSize = recipe.batchSize): number {
  const { size, channels } = recipe.input;
  const activations = layers.reduce((sum, { shape }) => sum + product(shape), 0);
  const rows = Math.min(batchSize, counts?.train ?? batchSize);
  const perImage = copiesOfActivations * activations + copiesOfInput * size * size * channels;
  return Math.round(runtimeBytes + floatBytes * (copiesOfWeights * parametersOf(layers) + rows * perImage));
}

/** The largest batch, of the powers of two below the recipe's, with which a training fits; null: none does. */
export function batchThatFits(facts: PlanFacts, availableBytes: number): number | null {
  let batchSize = 2 ** Math.ceil(Math.log2(facts.recipe.batchSize) - 1);
  while (batchSize >= 1 && memoryBytes(facts, batchSize) > availableBytes) batchSize /= 2;
  return batchSize >= 1 ? batchSize : null;
}

/**
 * Bytes of a run's checkpoints and model: two full checkpoints and one being written, and as many weights alone
 * for the best epoch, its successor and the model.
 */
export function checkpointNeed(parameters: number, optimizer: ResolvedRecipe['optimizer']['id']): number {
  const slots = optimizer === 'adam' ? 2 : 1;
  return parameters * floatBytes * (3 * (1 + slots) + 3);
}

/** Bytes of that many pictures in the input cache. */
export function inputBytes({ input }: ResolvedRecipe, images: number): number {
  return images * input.size * input.size * input.channels;
}

/** A training of the same network on pictures of the same size that was run here. */
export interface MeasuredSpeed {
  readonly imagesPerSecond: number;
  readonly backend: string;
}

/** How far two trainings of one kind differ in speed on one machine. */
const measuredSpread = 0.2;
/** Forward, gradients of the weights, gradients of the inputs. */
const passesOfTraining = 3;
/** A validated image costs one of them. */
const validationShare = 1 / passesOfTraining;

/**
 * Multiply-adds a second of one thread while training, slow and fast. TensorFlow on a processor: 43e9 for alexnet
 * at full size and 20e9 for alexnet-small in docs/proofs/benchmark.md, 4e9 at small batches on a busy machine.
 * Plain JavaScript: 0.02e9 measured on alexnet-small. Graphics cards differ a hundredfold.
 */
const ratesPerThread: Readonly<Record<string, { slow: number; fast: number }>> = {
  tensorflow: { slow: 4e9, fast: 60e9 },
  webgpu: { slow: 20e9, fast: 10_000e9 },
  cpu: { slow: 0.01e9, fast: 0.2e9 },
};
/** A step's fixed cost, seconds: some hundred operations are started one after another. */
const stepSeconds = { slow: 0.03, fast: 0.004 };
/** More threads than this are not sure to make anything faster. */
const surelyUsefulThreads = 4;

/** How long the whole training takes; null without a split. */
export function trainingTime(facts: PlanFacts, measured: MeasuredSpeed | null): TrainingPlan['time'] {
  const { recipe, counts } = facts;
  if (counts === null) return null;
  const images = recipe.epochs * (counts.train + counts.val * validationShare);
  const early = recipe.earlyStopping.patience > 0 ? ' Early stopping may end it sooner.' : '';
  if (measured) {
    const seconds = images / measured.imagesPerSecond;
    const speed = `${quantity(measured.imagesPerSecond, 2)} images/s`;
    return {
      lowSeconds: seconds * (1 - measuredSpread),
      highSeconds: seconds * (1 + measuredSpread),
      basis: `From ${speed} of an earlier training of this network at this size in this project.${early}`,
    };
  }
  const { id, threads } = recipe.backend;
  const rates = ratesPerThread[id] ?? ratesPerThread['tensorflow']!;
  const hasThreads = rates === ratesPerThread['tensorflow'];
  const operations = images * passesOfTraining * multiplyAddsOf(facts.layers);
  const steps = recipe.epochs * Math.ceil(counts.train / recipe.batchSize);
  const on =
    id === 'cpu' ? 'plain JavaScript' : id === 'webgpu' ? 'graphics cards' : 'processors with TensorFlow';
  return {
    lowSeconds: operations / (rates.fast * (hasThreads ? threads : 1)) + steps * stepSeconds.fast,
    highSeconds:
      operations / (rates.slow * (hasThreads ? Math.min(threads, surelyUsefulThreads) : 1)) +
      steps * stepSeconds.slow,
    basis: `A rough guess from the network's size and what ${on} usually reach; the first training here makes it sharper.${early}`,
  };
}

const fewTrainingImages = 100;
const fewValidationImages = 30;
const fewOfClass = 20;
const strongImbalance = 5;
const tightMemory = 0.8;

/** Why a training cannot be started as it is, each a sentence with what to do. */
export function planProblems(
  facts: PlanFacts,
  { memory, disk }: Pick<TrainingPlan, 'memory' | 'disk'>,
): string[] {
  const problems: string[] = [];
  if (memory.bytes > memory.availableBytes) {
    const fits = batchThatFits(facts, memory.availableBytes);
    const remedy =
      fits === null
        ? 'Choose a smaller input.size or network.scale, or close other programs.'
        : `A batchSize of ${fits} fits.`;
    problems.push(
      `Training needs about ${gigabytes(memory.bytes)} of memory; ${gigabytes(memory.availableBytes)} are free. ${remedy}`,
    );
  }
  if (disk.availableBytes !== null && disk.bytes > disk.availableBytes) {
    problems.push(
      `Checkpoints, model and prepared pictures need ${gigabytes(disk.bytes)} on the project's disk; ${gigabytes(disk.availableBytes)} are free. Free some space, or choose a smaller network.`,
    );
  }
  return problems;
}

/** What the user should know before a training is started, each a sentence. */
export function planWarnings(
  { recipe, counts }: PlanFacts,
  trainByClass: Readonly<Record<string, number>>,
  memory: TrainingPlan['memory'],
): string[] {
  if (counts === null) return [];
  const warnings: string[] = [];
  if (counts.train > 0 && counts.train < fewTrainingImages)
    warnings.push(`Only ${counted(counts.train, 'image')} to train on: expect chance to play a part.`);
  if (counts.val > 0 && counts.val < fewValidationImages)
    warnings.push(
      `Only ${counted(counts.val, 'image')} to validate on: the best epoch is chosen on thin ground.`,
    );
  const sizes = Object.entries(trainByClass).filter(([, images]) => images > 0);
  const most = Math.max(...sizes.map(([, images]) => images));
  for (const [name, images] of sizes) {
    if (images < fewOfClass) warnings.push(`Class ${name} has only ${counted(images, 'image')} to train on.`);
  }
  const least = sizes.reduce<[string, number] | null>((a, b) => (a === null || b[1] < a[1] ? b : a), null);
  if (least && most >= least[1] * strongImbalance && recipe.classWeights === 'none') {
    warnings.push(
      `The largest class has ${Math.round(most / least[1])} times as many training images as ${least[0]}: consider classWeights balanced.`,
    );
  }
  if (counts.train > 0 && recipe.batchSize > counts.train)
    warnings.push(
      `The batch size of ${count(recipe.batchSize)} is more than the ${counted(counts.train, 'image')} to train on: each epoch is one step.`,
    );
  if (memory.bytes <= memory.availableBytes && memory.bytes > memory.availableBytes * tightMemory)
    warnings.push(
      `Training will take nearly all of the ${gigabytes(memory.availableBytes)} of memory that are free.`,
    );
  return warnings;
}

/** Trainable numbers of all layers. */
export function parametersOf(layers: readonly LayerRow[]): number {
  return layers.reduce((sum, { parameters }) => sum + parameters, 0);
}

/** Of one image, forward. */
export function multiplyAddsOf(layers: readonly LayerRow[]): number {
  return layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, length) => all * length, 1);
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
