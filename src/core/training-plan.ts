import type { LayerRow, Shortage, TrainingPlan } from '../contract/run.ts';
import { quantity } from './figures.ts';
import { microBatchOf } from './micro-batch.ts';
import { tilesOf } from './tiles.ts';
import {
  epochRows,
  memoryBytes,
  microBatchThatFits,
  normalizesBatches,
  type PlanFacts,
} from './training-need.ts';
import { count, counted } from './words.ts';

/** A training of the same network on pictures, or tiles of them, of the same size that was run here. */
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
  const { recipe } = facts;
  const rows = epochRows(facts);
  if (rows === null) return null;
  const images = recipe.epochs * (rows.train + rows.val * validationShare);
  const early = recipe.earlyStopping.patience > 0 ? ' Early stopping may end it sooner.' : '';
  if (measured) {
    const seconds = images / measured.imagesPerSecond;
    const speed = `${quantity(measured.imagesPerSecond, 2)} ${tilesOf(recipe.input) ? 'tiles' : 'images'}/s`;
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
  const steps = recipe.epochs * Math.ceil(rows.train / recipe.batchSize);
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
/** Means and variances of fewer images are mostly chance. */
const fewNormalized = 8;
const strongImbalance = 5;
const tightMemory = 0.8;

/**
 * What this machine has too little of for a training, with the least change that helps: fewer images computed at
 * once first, which leaves the result as it is but for batch normalisation; then a smaller input; then a narrower network.
 * @param smaller the same training with another input size or width, from the largest to the smallest
 */
export function shortagesOf(
  facts: PlanFacts,
  { memory, disk }: Pick<TrainingPlan, 'memory' | 'disk'>,
  smaller: () => Iterable<SmallerTraining>,
): Shortage[] {
  const shortages: Shortage[] = [];
  if (memory.bytes > memory.availableBytes) {
    const proposal = proposalFor(facts, memory.availableBytes, smaller);
    shortages.push({
      of: 'memory',
      message: `Training needs about ${gigabytes(memory.bytes)} of memory; ${gigabytes(memory.availableBytes)} are free.`,
      hint: hintFor(proposal, normalizesBatches(facts)),
      proposal,
    });
  }
  if (disk.availableBytes !== null && disk.bytes > disk.availableBytes) {
    shortages.push({
      of: 'disk',
      message: `Checkpoints, model and prepared pictures need ${gigabytes(disk.bytes)} on the project's disk; ${gigabytes(disk.availableBytes)} are free.`,
      hint: 'Free some space, or choose a smaller network.',
      proposal: null,
    });
  }
  return shortages;
}

/** A training with other values of recipe keys. */
export interface SmallerTraining {
  readonly changes: Readonly<Record<string, number>>;
  readonly facts: PlanFacts;
}

function proposalFor(
  facts: PlanFacts,
  availableBytes: number,
  smaller: () => Iterable<SmallerTraining>,
): Record<string, number> | null {
  const microBatchSize = microBatchThatFits(facts, availableBytes);
  if (microBatchSize !== null) return { microBatchSize };
  for (const { changes, facts: smallerFacts } of smaller()) {
    if (memoryBytes(smallerFacts) <= availableBytes) return { ...changes };
    const atOnce = microBatchThatFits(smallerFacts, availableBytes);
    if (atOnce !== null) return { ...changes, microBatchSize: atOnce };
  }
  return null;
}

function hintFor(proposal: Record<string, number> | null, isNormalized: boolean): string {
  if (proposal === null) return 'Close other programs, or choose a smaller network.';
  const settings = Object.entries(proposal).map(([key, value]) => `${key} ${value}`);
  const [only] = Object.keys(proposal);
  const result = isNormalized
    ? 'batch normalisation sees each by itself'
    : 'the result stays the same but for rounding';
  const unchanged =
    settings.length === 1 && only === 'microBatchSize'
      ? `: a batch is computed in pieces, and ${result}`
      : '';
  return `It fits with ${settings.join(' and ')}${unchanged}. Or close other programs.`;
}

/** What the user should know before a training is started, each a sentence. */
export function planWarnings(
  facts: PlanFacts,
  trainByClass: Readonly<Record<string, number>>,
  memory: TrainingPlan['memory'],
): string[] {
  const { recipe, counts } = facts;
  if (counts === null) return [];
  const warnings: string[] = [];
  const together = microBatchOf(recipe, null);
  if (normalizesBatches(facts) && together < fewNormalized)
    warnings.push(
      `Batch normalisation sees only ${counted(together, 'image')} at once, which makes training rough: take a batchSize of ${fewNormalized} or more, computed as a whole.`,
    );
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
  const { train } = epochRows(facts) ?? counts;
  const noun = tilesOf(recipe.input) ? 'tile' : 'image';
  if (train > 0 && recipe.batchSize > train)
    warnings.push(
      `The batch size of ${count(recipe.batchSize)} is more than the ${counted(train, noun)} to train on: each epoch is one step.`,
    );
  if (memory.bytes <= memory.availableBytes && memory.bytes > memory.availableBytes * tightMemory)
    warnings.push(
      `Training will take nearly all of the ${gigabytes(memory.availableBytes)} of memory that are free.`,
    );
  return warnings;
}

/** Of one image, forward. */
export function multiplyAddsOf(layers: readonly LayerRow[]): number {
  return layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
