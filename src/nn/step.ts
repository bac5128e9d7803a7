import type { ResolvedRecipe } from '../contract/recipe.ts';
import { type Augmentation, drawFeeds, type Feed, mixedTargets } from './augmentation/draw.ts';
import { type Network, sizeOf, type WeightSpec, weightSpecs } from './network.ts';
import type { Normalization } from './normalization.ts';
import type { OptimizerOptions } from './optimizers.ts';
import type { PrincipalColours } from './principal-colours.ts';
import type { LossOptions, TaskRules, Truths } from './tasks/rules.ts';
import type { Weights } from './weights.ts';

/** What a network is given of some rows. */
export interface RowInputs {
  /** Pictures as they lie in the input cache: rows × size × size × `pictureChannels`, uint8. */
  readonly pixels: Uint8Array;
  /** Features of the clinical table, rows × `network.tableSize`; null where the network reads none. */
  readonly table: Float32Array | null;
}

/** Rows to learn from, with what is true of them. */
export interface PixelBatch extends RowInputs {
  readonly rows: number;
  /** rows × `truthSize` of the task. */
  readonly truths: Truths;
}

export interface StepResult {
  /** Mean over the batch, class weights applied; before the update. */
  readonly loss: number;
  /** Rows that were answered rightly, dropout and augmentation in effect; 0 where the task does not tell. */
  readonly correct: number;
  /** Whether the weights that are looked at after every step (`isWatched`) are finite numbers. */
  readonly weightsFinite: boolean;
  /** Length of the gradient of all weights together, before clipping; null where it was not measured. */
  readonly gradientNorm: number | null;
  /**
   * Largest absolute gradient, NaN if one is, where no update was made because the loss, or with clipping the
   * gradient's length, is not finite; else null.
   */
  readonly maxGradient: number | null;
}

/** Weights, optimiser slots and running means. A slot's key is `<weight>#<slot>`, a mean's `<weight>#average`. */
export type TrainingState = ReadonlyMap<string, Float32Array>;

/** One tensor of a state. */
export interface StateTensor {
  readonly key: string;
  /** Of its elements. */
  readonly length: number;
}

/** Tensors of a state, one after another: a large network's are never all in memory at once. */
export type TensorStream = AsyncIterable<readonly [key: string, values: Float32Array]>;

/** The key of a weight's running mean. */
export function averageOf(name: string): string {
  return `${name}#average`;
}

/**
 * One training step and the state that it advances. Everything random is a function of seed and step. The
 * operations are those of gradients.ts and optimizers.ts, one after another (eager-step.ts) or compiled into one
 * TensorFlow graph (compute/tensorflow/compiled-step.ts).
 */
export interface TrainingStep {
  /**
   * @param step from 0 over the whole run; decides augmentation, dropout and Adam's bias correction
   * @param measure whether the gradient's length is wanted; it changes nothing else
   */
  run(batch: PixelBatch, step: number, learningRate: number, measure?: boolean): Promise<StepResult>;
  /** Logits, n × outputs, of rows without augmentation or dropout, by the weights that a model would get. */
  logits(inputs: RowInputs): Promise<Float32Array>;
  /** The state's tensors, in the order of a checkpoint. */
  readonly stateTensors: readonly StateTensor[];
  /** Whether no number of the state is NaN or infinite, found out on the device. */
  isFinite(): Promise<boolean>;
  /** Copies the tensors of these keys to the host, or all of them. */
  readState(keys?: readonly string[]): Promise<Map<string, Float32Array>>;
  /**
   * Replaces the state; slots that are missing start at zero, running means at their weight.
   * @throws Error for a missing or misshapen weight
   */
  writeState(state: TrainingState): void;
  /** Frees everything on the device; may be called again. */
  dispose(): void;
}

/** What pictures are given to a network. */
export interface PictureForm {
  readonly network: Network;
  /**
   * Channels of the pictures, where they are not the network's: 1 stands for as many equal ones (grey pictures), whose
   * normalisation must be equal too.
   */
  readonly pictureChannels?: number;
}

export interface StepOptions extends PictureForm {
  /** Of the task that the network's head is for. */
  readonly rules: TaskRules;
  readonly seed: number;
  readonly optimizer: OptimizerOptions;
  readonly loss: LossOptions;
  readonly augmentation: Augmentation;
  readonly normalization: Normalization;
  /** For the colour shift; null when there is none. */
  readonly colour: PrincipalColours | null;
  /** As the rules give `balancedWeights`. */
  readonly classWeights: readonly number[] | null;
  /** What multiplies the learning rate of a layer's weights, by its name; 0 freezes it, null: all learn alike. */
  readonly layerRates?: ReadonlyMap<string, number> | null;
  /** The step from which a layer learns, by its name, where it did not from the beginning. */
  readonly layerStarts?: ReadonlyMap<string, number>;
  /** Decay of the running means, 0 for none. Those of batch normalisation are the weights' own, averaged or not. */
  readonly weightAveraging: number;
  /**
   * Rows that are computed at once; null: a batch whole. The same but for rounding, except that batch normalisation
   * takes mean and variance of these rows, which its running values follow by their share of the batch, and that Dice
   * is theirs.
   */
  readonly microBatchSize: number | null;
  /** Rows of every batch that will come: a run's batch size, and what is left at an epoch's end. */
  readonly batchSizes: readonly number[];
}

/** Logits of rows by fixed weights. */
export interface Predictor {
  /** n × outputs. */
  logits(inputs: RowInputs): Promise<Float32Array>;
  dispose(): void;
}

export interface PredictorOptions extends PictureForm {
  readonly weights: Weights;
  readonly normalization: Normalization;
  /** Pictures that are computed at once. */
  readonly batchSize: number;
}

type LearningLayers = Pick<StepOptions, 'network' | 'layerRates' | 'layerStarts'>;

/** One tensor of the weights as a step moves it. */
export interface StepWeight extends WeightSpec {
  /** What multiplies the learning rate; 0: it stays, a running mean too. */
  readonly rate: number;
  /** The step of the run from which it learns: Adam's bias correction counts from there. */
  readonly since: number;
}

/** All tensors in declared order; a frozen one counts as not trainable. */
export function stepWeights({ network, layerRates, layerStarts }: LearningLayers): StepWeight[] {
  return weightSpecs(network).map((spec) => {
    const layer = spec.name.split('/')[0]!;
    const rate = layerRates?.get(layer) ?? 1;
    return { ...spec, trainable: spec.trainable && rate > 0, rate, since: layerStarts?.get(layer) ?? 0 };
  });
}

/** Those that a step moves, by a gradient or by what its batches show. */
export function movedWeights(options: LearningLayers): StepWeight[] {
  return stepWeights(options).filter(({ rate }) => rate > 0);
}

/** The options of a recipe's step. */
export function stepOptions(
  recipe: Pick<
    ResolvedRecipe,
    'seed' | 'optimizer' | 'loss' | 'augmentation' | 'weightAveraging' | 'microBatchSize' | 'batchSize'
  >,
  of: Pick<
    StepOptions,
    | 'network'
    | 'rules'
    | 'pictureChannels'
    | 'normalization'
    | 'colour'
    | 'classWeights'
    | 'layerRates'
    | 'layerStarts'
  > & { trainRows: number },
): StepOptions {
  const { seed, optimizer, loss, augmentation, weightAveraging, microBatchSize, batchSize } = recipe;
  const { trainRows, ...rest } = of;
  const batchSizes = [Math.min(batchSize, trainRows), trainRows % batchSize].filter((rows) => rows > 0);
  return { seed, optimizer, loss, augmentation, weightAveraging, microBatchSize, batchSizes, ...rest };
}

/** Rows of a batch that are computed at once. */
export interface Piece {
  readonly firstRow: number;
  readonly rows: number;
}

/** Cuts a batch into pieces of `microBatchSize` rows, the last one maybe smaller. */
export function piecesOf(rows: number, microBatchSize: number | null): Piece[] {
  const most = microBatchSize ?? rows;
  return Array.from({ length: Math.ceil(rows / most) }, (_, i) => ({
    firstRow: i * most,
    rows: Math.min(most, rows - i * most),
  }));
}

/** The rows of a piece; views of the batch's memory. */
export function pieceOf(batch: PixelBatch, { firstRow, rows }: Piece): PixelBatch {
  const length = batch.truths.length / batch.rows;
  return {
    rows,
    truths: batch.truths.subarray(firstRow * length, (firstRow + rows) * length),
    ...rowsFrom(batch, batch.rows, firstRow, rows),
  };
}

/**
 * What a step is fed besides pixels: what the task's loss reads, with batch normalisation `batchShare` (1: the piece's
 * share of the batch), with a clinical table `table` (rows × its features), and what augmentation draws. Names and
 * shapes are the same at every step.
 */
export function stepFeeds(
  options: StepOptions,
  batch: PixelBatch,
  piece: Piece,
  step: number,
): Map<string, Feed> {
  const { network, rules, augmentation, seed, colour, classWeights, loss } = options;
  const [size, , channels] = pictureShape(options);
  const { truths, table } = pieceOf(batch, piece);
  const { rows, firstRow } = piece;
  const drawn = drawFeeds(augmentation, { rows, firstRow, size, channels, seed, step, colour });
  const feeds = new Map(drawn);
  if (hasRunningMeans(network))
    feeds.set('batchShare', { values: Float32Array.of(rows / batch.rows), shape: [1] });
  if (table) {
    const width = table.length / rows;
    feeds.set('table', { values: mixedTargets(table, width, drawn) ?? table, shape: [rows, width] });
  }
  const place = { rows, batchRows: batch.rows, smoothing: loss.labelSmoothing, classWeights, drawn };
  for (const [name, feed] of rules.feeds(truths, place)) feeds.set(name, feed);
  return feeds;
}

function hasRunningMeans({ layers }: Network): boolean {
  return layers.some(({ kind }) => kind === 'batchNormalization');
}

type StateHolder = Pick<TrainingStep, 'stateTensors' | 'readState'>;

/** Elements that are copied to or from the host together, unless one tensor has more: copying each alone would be slow. */
const mostTogether = 4 * 2 ** 20;

/** Parts tensors that lie one after another into those that are copied together. */
export function* copiedTogether<T extends { readonly length: number }>(
  tensors: readonly T[],
): Generator<T[]> {
  let group: T[] = [];
  let length = 0;
  for (const [i, tensor] of tensors.entries()) {
    group.push(tensor);
    length += tensor.length;
    if (length + (tensors[i + 1]?.length ?? Infinity) <= mostTogether) continue;
    yield group;
    [group, length] = [[], 0];
  }
}

/** The whole state, as `readState` gives it at this moment. */
export async function* streamState(step: StateHolder, tensors = step.stateTensors): TensorStream {
  for (const group of copiedTogether(tensors)) yield* await step.readState(group.map(({ key }) => key));
}

/** The weights that a state gives a model, by name: their running means where it has them. */
export async function* streamWeights(step: StateHolder, names?: readonly string[]): TensorStream {
  const keys = new Set(step.stateTensors.map(({ key }) => key));
  const wanted = step.stateTensors.filter(({ key }) =>
    key.includes('#') ? key.endsWith('#average') : !keys.has(averageOf(key)),
  );
  const nameOf = (key: string): string => key.replace('#average', '');
  const chosen = names ? wanted.filter(({ key }) => names.includes(nameOf(key))) : wanted;
  for await (const [key, values] of streamState(step, chosen)) yield [nameOf(key), values];
}

/** What a stream of tensors gives, all at once. */
export async function collected(tensors: TensorStream): Promise<Map<string, Float32Array>> {
  const all = new Map<string, Float32Array>();
  for await (const [key, values] of tensors) all.set(key, values);
  return all;
}

/** The share of its old value that a running mean keeps at a step: fewer at first, when weights still move far. */
export function averagingDecay(decay: number, step: number): number {
  return Math.min(decay, (step + 2) / (step + 11));
}

/** Whether a step keeps a running mean of a weight; those of batch normalisation are such means already. */
export function isAveraged(
  { weightAveraging }: Pick<StepOptions, 'weightAveraging'>,
  { trainable }: WeightSpec,
): boolean {
  return weightAveraging > 0 && trainable;
}

/** Of values that go with the weights, one by one, those of trainable ones. */
export function trainableOf<T>(specs: readonly WeightSpec[], values: readonly T[]): T[] {
  return values.filter((_, i) => specs[i]!.trainable);
}

/** Elements up to which a weight is looked at after every step: all of a large dense layer would cost a share of it. */
const mostWatched = 2 * 2 ** 20;

/**
 * Whether a weight is looked at after every step. Its bias tells of a dense layer that is too large: what spoils one
 * spoils the other. All are looked at with every epoch and checkpoint.
 */
export function isWatched({ shape }: Pick<WeightSpec, 'shape'>): boolean {
  return sizeOf(shape) <= mostWatched;
}

/** Height, width and channels of the pictures. */
export function pictureShape({ network, pictureChannels }: PictureForm): [number, number, number] {
  const [height, width, channels] = network.inputShape;
  return [height, width, pictureChannels ?? channels];
}

/** Rows of inputs. */
export function rowsOf({ pixels }: RowInputs, form: PictureForm): number {
  return pixels.length / sizeOf(pictureShape(form));
}

/** Some of the rows of inputs; views of their memory. */
export function rowsFrom(inputs: RowInputs, of: number, firstRow: number, rows: number): RowInputs {
  const part = <T extends Uint8Array | Float32Array>(values: T): T => {
    const length = values.length / of;
    return values.subarray(firstRow * length, (firstRow + rows) * length) as T;
  };
  return { pixels: part(inputs.pixels), table: inputs.table && part(inputs.table) };
}
