import type * as tf from '@tensorflow/tfjs-core';

import type { Truth } from '../../contract/learning-task.ts';
import type { Recipe, ResolvedRecipe } from '../../contract/recipe.ts';
import type { Feed } from '../augmentation/draw.ts';
import type { Head } from '../network.ts';
import type { ValidationFigures } from '../validation-figures.ts';

/**
 * What is true of the rows of a batch, `truthSize` numbers each: the position of the class; 1 for every class that is
 * present and 0 for the others; the standardised number; the class of every pixel, 0 the background and 255 not judged.
 */
export type Truths = Int32Array | Float32Array | Uint8Array;

/** Truths of more rows than fit in memory at once, some at a time. */
export type ManyTruths = Iterable<Truths> | AsyncIterable<Truths>;

export type LossOptions = ResolvedRecipe['loss'];

/** How the numbers of a regression stand in training: (number − mean) / deviation, both over training rows. */
export interface TargetScale {
  readonly mean: number;
  readonly deviation: number;
}

/** A piece of a batch on its way to the loss. */
export interface FeedPlace {
  readonly rows: number;
  /** Of the whole batch. */
  readonly batchRows: number;
  readonly smoothing: number;
  /** By class, as `balancedWeights` gives them; null: all alike. */
  readonly classWeights: readonly number[] | null;
  /** What augmentation draws for the piece: mix-up mixes what is true as well. */
  readonly drawn: ReadonlyMap<string, Feed>;
}

/** Collects what a network says of validation rows, in their order: tiles of a picture are judged once all are there. */
export interface ValidationTally {
  /** @param logits of as many rows as the truths are of */
  add(logits: Float32Array, truths: Truths): void;
  /** Mean loss a row, without class weights, not finite when a logit is not; and the figures of it that are defined. */
  figures(): ValidationFigures;
}

/** How one kind of task is learned and judged. `feeds` and `loss` meet by the feeds' names. */
export interface TaskRules {
  readonly head: Head;
  /** Numbers in a batch's truths for each row. */
  readonly truthSize: number;
  /**
   * Numbers that are said of a picture: the probability of each class, a number, of a segmentation those of every pixel,
   * also where the network sees only a tile of it at once.
   */
  readonly answerSize: number;
  /** Whether `correct` can be told while it trains: not where pictures are moved with their masks. */
  readonly countsCorrect: boolean;
  /** Truths of labels as a manifest has them; a segmentation's are read from its masks instead. */
  truthsOf(labels: readonly Truth[]): Truths;
  /** What `loss` reads, names and shapes the same at every step; weights of rows include 1 / `batchRows`. */
  feeds(truths: Truths, place: FeedPlace): Map<string, Feed>;
  /** Sum over rows of weight · loss, in nats or squared deviations; its gradient by the logits is exact. */
  loss(
    logits: tf.Tensor,
    feeds: ReadonlyMap<string, tf.Tensor>,
    options: LossOptions,
    fill: Recipe['augmentation']['fill'],
  ): tf.Scalar;
  /** Rows that are answered rightly, of several classes at once the share of them; 0 where that is not told. */
  correct(logits: Float32Array, truths: Truths): number;
  /** What is said of rows, from what the head's activation makes of its logits. */
  answers(outputs: Float32Array): Float32Array;
  tally(): ValidationTally;
  /** Weights by class for `classWeights: balanced`, from the truths of all training rows; null where none are defined. */
  balancedWeights(truths: ManyTruths): Promise<number[] | null>;
}
