import { createRandom } from '../core/random.ts';
import type { Normalization } from './augmentation.ts';
import type { PixelBatch } from './step.ts';

/** Labelled pictures that are read by position; the loop knows nothing of where they lie. */
export interface RowSource {
  readonly count: number;
  /** Pictures at these positions, in this order. */
  read(positions: readonly number[]): Promise<PixelBatch>;
  /** Image id of a position, for messages. */
  imageId(position: number): string;
}

/** The order in which an epoch meets the training rows: a pure function of seed and epoch (from 0). */
export function epochOrder(seed: number, epoch: number, rows: number): number[] {
  return createRandom(seed, 'order', epoch).shuffle(Array.from({ length: rows }, (_, row) => row));
}

/** Steps of an epoch; the last batch may be smaller and is used like the others. */
export function stepsPerEpoch(rows: number, batchSize: number): number {
  return Math.ceil(rows / batchSize);
}

/** The positions of batch `index` of an order. */
export function batchPositions(order: readonly number[], batchSize: number, index: number): number[] {
  return order.slice(index * batchSize, (index + 1) * batchSize);
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
