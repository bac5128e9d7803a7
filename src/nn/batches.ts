import type { Recipe } from '../contract/recipe.ts';
import { createRandom } from '../core/random.ts';
import type { Normalization } from './normalization.ts';
import type { PixelBatch } from './step.ts';

/** Labelled pictures that are read by position; the loop knows nothing of where they lie. */
export interface RowSource {
  readonly count: number;
  /** Pictures at these positions, in this order. */
  read(positions: readonly number[]): Promise<PixelBatch>;
  /** Class position of a picture, without reading it, for `balanced` sampling; 0 of a task without one class. */
  label(position: number): number;
  /** Image id of a position, for messages. */
  imageId(position: number): string;
}

/**
 * The order in which an epoch (from 0) meets the training rows: a pure function of seed, epoch and labels.
 * `shuffled` meets every row once; `balanced` is `balancedOrder`.
 */
export function epochOrder(
  { seed, sampling }: Pick<Recipe, 'seed' | 'sampling'>,
  epoch: number,
  source: Pick<RowSource, 'count' | 'label'>,
): number[] {
  const positions = Array.from({ length: source.count }, (_, position) => position);
  if (sampling === 'shuffled') return createRandom(seed, 'order', epoch).shuffle(positions);
  return balancedOrder(
    seed,
    epoch,
    positions.map((position) => source.label(position)),
  );
}

/**
 * As many rows as there are, of every class equally many, or one more of some, which are others each epoch.
 * Classes take turns in shuffled rounds, so that batches are balanced as well. Within a class pictures come in
 * shuffled rounds that run on over the epochs: none comes again before all of its class came.
 */
function balancedOrder(seed: number, epoch: number, labels: readonly number[]): number[] {
  const members: number[][] = [];
  labels.forEach((label, position) => (members[label] ??= []).push(position));
  const classes = [...new Set(labels)].sort((a, b) => a - b);
  // Rows of the class at this place in all epochs before `end`; over all places they add up to the rows of those.
  const drawnBefore = (end: number, place: number): number =>
    Math.floor((labels.length * end + place) / classes.length);
  const draws = classes.map((label, place) => {
    const [from, to] = [drawnBefore(epoch, place), drawnBefore(epoch + 1, place)];
    return drawsOf(seed, label, members[label]!, from, to);
  });
  const random = createRandom(seed, 'order', epoch);
  const order: number[] = [];
  for (let turn = 0; order.length < labels.length; turn++) {
    const round = draws.flatMap((positions) => positions.slice(turn, turn + 1));
    order.push(...random.shuffle(round));
  }
  return order;
}

/** Draws `from` to `to` of a class, counted over the whole run: shuffled rounds of its positions, one after another. */
function drawsOf(
  seed: number,
  label: number,
  positions: readonly number[],
  from: number,
  to: number,
): number[] {
  const draws: number[] = [];
  while (from + draws.length < to) {
    const next = from + draws.length;
    const round = Math.floor(next / positions.length);
    const shuffled = createRandom(seed, 'balanced', label, round).shuffle([...positions]);
    draws.push(...shuffled.slice(next - round * positions.length, to - round * positions.length));
  }
  return draws;
}

/** Steps of an epoch; the last batch may be smaller and is used like the others. */
export function stepsPerEpoch(rows: number, batchSize: number): number {
  return Math.ceil(rows / batchSize);
}

/** The positions of batch `index` of an order. */
export function batchPositions(order: readonly number[], batchSize: number, index: number): number[] {
  return order.slice(index * batchSize, (index + 1) * batchSize);
}

/** The batches of an order from batch `first` on; the next one is read while the device computes this one. */
export async function* readBatches(
  source: RowSource,
  order: readonly number[],
  batchSize: number,
  first: number,
): AsyncGenerator<PixelBatch, void, undefined> {
  const start = (index: number): Promise<PixelBatch> => {
    const reading = source.read(batchPositions(order, batchSize, index));
    // A failure is thrown where the batch is awaited, if it ever is.
    reading.catch(() => undefined);
    return reading;
  };
  const batches = stepsPerEpoch(order.length, batchSize);
  if (first >= batches) return;
  let reading = start(first);
  for (let index = first; index < batches; index++) {
    const batch = await reading;
    if (index + 1 < batches) reading = start(index + 1);
    yield batch;
  }
}

/** `unit`: pixel/255 as it is. */
export function unitNormalization(channels: number): Normalization {
  return { mean: new Array<number>(channels).fill(0), deviation: new Array<number>(channels).fill(1) };
}

/** Below this spread, of pixel/255, a channel counts as constant and is centred only. */
const smallestDeviation = 1e-4;

/**
 * Mean and deviation of pixel/255 per channel over all rows of a source. Sums of whole numbers, so exact and
 * independent of order; rounded to float32 once.
 */
export async function datasetNormalization(
  source: RowSource,
  channels: number,
  batchSize: number,
): Promise<Normalization> {
  const histograms = Array.from({ length: channels }, () => new Float64Array(256));
  for (let start = 0; start < source.count; start += batchSize) {
    const length = Math.min(batchSize, source.count - start);
    const { pixels } = await source.read(Array.from({ length }, (_, i) => start + i));
    for (let i = 0; i < pixels.length; i++) histograms[i % channels]![pixels[i]!]!++;
  }
  const moments = histograms.map((histogram) => {
    const count = histogram.reduce((sum, n) => sum + n, 0);
    const mean = histogram.reduce((sum, n, value) => sum + n * value, 0) / count / 255;
    const variance = histogram.reduce((sum, n, value) => sum + n * (value / 255 - mean) ** 2, 0) / count;
    const deviation = Math.sqrt(variance);
    return { mean: Math.fround(mean), deviation: deviation < smallestDeviation ? 1 : Math.fround(deviation) };
  });
  return { mean: moments.map((m) => m.mean), deviation: moments.map((m) => m.deviation) };
}
